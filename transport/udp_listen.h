/* Where a receiver's socket listens: port, group and interfaces. */
#ifndef TRANSPORT_UDP_LISTEN_H
#define TRANSPORT_UDP_LISTEN_H

#include <stdbool.h>

#include "platform/failure.h"
#include "transport/udp.h"

/* Binds the socket, shared with other receivers on this host, joins where the configuration says,
 * and says on the log where it listens. False and `failure` on error. */
bool udp_listen(int fd, const struct udp_source_config *config, struct failure *failure);

#endif
