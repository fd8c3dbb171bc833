#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "platform/descriptors.h"
#include "platform/failure.h"
#include "platform/log.h"
#include "scream/commands.h"

static int run(int argc, const char *const *argv)
{
    if (argc > 1 && strcmp(argv[1], "send") == 0)
        return send_main(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "receive") == 0)
        return receive_main(argc - 2, argv + 2);
    return receive_main(argc - 1, argv + (argc > 0));
}

int main(int argc, char **argv)
{
    int code;

    descriptors_fill();
    setlocale(LC_CTYPE, "");
    code = run(argc, (const char *const *)argv);

    if (fflush(stdout) != 0 && code == EXIT_OK) {
        log_line(LOG_ERROR, "cannot write to standard output: %s", strerror(errno));
        code = EXIT_BROKEN;
    }
    return code;
}
