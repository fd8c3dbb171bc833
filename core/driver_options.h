/* The Windows driver's options, as the registry holds them: shared by the driver, which reads
 * them, and setup, which writes and explains them. */
#ifndef CORE_DRIVER_OPTIONS_H
#define CORE_DRIVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum driver_option_id {
    DRIVER_OPTION_UNICAST_IPV4, /* where to send, multicast or not */
    DRIVER_OPTION_UNICAST_PORT,
    DRIVER_OPTION_UNICAST_SRC_IPV4, /* local address to send from; 0: as routed */
    DRIVER_OPTION_UNICAST_SRC_PORT, /* 0: the system's choice */
    DRIVER_OPTION_TTL,              /* 0: the system's default */
    DRIVER_OPTION_DSCP,
    DRIVER_OPTION_SILENCE_THRESHOLD, /* samples of all channels; 0: off */
    DRIVER_OPTION_USE_IVSHMEM,       /* size of the device in MiB; 0: off */
    DRIVER_OPTION_VERSION,           /* unused */
    DRIVER_OPTIONS                   /* how many there are */
};

enum driver_option_type {
    DRIVER_OPTION_ADDRESS, /* REG_SZ: dotted IPv4, whose value is ipv4.h's number */
    DRIVER_OPTION_NUMBER,  /* REG_DWORD */
};

struct driver_option {
    const char *name; /* of the registry value, under Services\Scream\Options */
    enum driver_option_type type;
    uint32_t value; /* the default, which 0 stands for */
    uint32_t most;  /* the least is 1 everywhere */
};

/* By enum driver_option_id. */
extern const struct driver_option driver_options[DRIVER_OPTIONS];

/* The option of that name, case ignored as the registry does; NULL when there is none. */
const struct driver_option *driver_option_find(const char *name, size_t length);

/* Whether a registry may hold this value: 0, which stands for the default, or one in range. */
bool driver_option_check(const struct driver_option *option, uint32_t value);

/* What the driver uses for a registry's value: the default where that is 0 or out of range. */
uint32_t driver_option_value(const struct driver_option *option, uint32_t value);

#endif
