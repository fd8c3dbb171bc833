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
    static const int stops[] = {SIGALRM, SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigset_t unblocked;

    sigemptyset(&action.sa_mask);
    sigemptyset(&unblocked);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        /* Whoever started us with hangups ignored (nohup) means it. */
        if (stops[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 &&
            before.sa_handler == SIG_IGN)
            continue;
        sigaction(stops[i], &action, NULL);
        sigaddset(&unblocked, stops[i]);
    }
    sigprocmask(SIG_UNBLOCK, &unblocked, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

bool stop_requested(void)
{
    return stopping != 0;
}
