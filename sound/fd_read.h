/* Reading from a descriptor that may be a file, a pipe or a terminal. */
#ifndef SOUND_FD_READ_H
#define SOUND_FD_READ_H

#include <stddef.h>
#include <stdint.h>

/* Waits for at least `least` bytes and takes up to `most`. Returns how many came: fewer than
 * `least` at the end, when a stop was asked for, or on error, whose errno is then in `*fault`;
 * else that is left alone. */
size_t fd_read(int fd, uint8_t *to, size_t least, size_t most, int *fault);

/* The same in whole frames, at least one; a partial one at the end is left out. */
size_t fd_read_frames(int fd, uint8_t *to, size_t frames, size_t frame_bytes, int *fault);

#endif
