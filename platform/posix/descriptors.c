#include "platform/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

void descriptors_fill(void)
{
    /* open() takes the lowest free number: the one that is missing. Output is opened for reading,
     * so that writing to it fails. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
            _exit(1);
}

bool descriptors_has_output(void)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
