/* The three standard descriptors. */
#ifndef PLATFORM_DESCRIPTORS_H
#define PLATFORM_DESCRIPTORS_H

#include <stdbool.h>

/* Fills those that the program was started without, so that no file or socket of ours becomes one
 * and gets what is written to it. First thing in main(). */
void descriptors_fill(void);

/* Whether standard output can be written to. */
bool descriptors_has_output(void);

#endif
