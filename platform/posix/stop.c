#include "platform/stop.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static volatile sig_atomic_t stopping;

/* A signal that comes between a look at the flag and a blocking call would be missed there, so it
 * comes again: the handler starts a timer whose signal interrupts whatever waits by then. */
static void on_stop(int signal_number)
{
    static const struct itimerval again = {{0, 50000}, {0, 50000}};

    if (signal_number != SIGALRM)
        setitimer(ITIMER_REAL, &again, NULL);
    stopping = 1;
}

void stop_install(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

bool stop_requested(void)
{
    return stopping != 0;
}
