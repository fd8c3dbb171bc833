/* What an output's callback runs makes no system call, allocates nothing and takes no lock. */
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stream/playout.h"
#include "stream/timeline.h"
#include "tests/support/check.h"

/* ---- the linker sends these calls here: -Wl,--wrap=malloc and so on */

static volatile bool in_callback;
static volatile unsigned forbidden_calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

static void note(void)
{
    if (in_callback)
        forbidden_calls++;
}

void *__wrap_malloc(size_t size)
{
    note();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    note();
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    note();
    return __real_realloc(old, size);
}

void __wrap_free(void *memory)
{
    note();
    __real_free(memory);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    note();
    return __real_pthread_mutex_lock(mutex);
}

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#ifndef THREAD_SANITIZER
#define THREAD_SANITIZER 0
#endif

/* ---- what is run */

static const struct format format = {1, 24, 6, 0x3f};
static struct playout playout;
static uint8_t memory[1 << 16];
static uint8_t pcm[18 * 600];

/* Every state: held, waiting, sounding, run out, too late, finishing. */
static void pull_in_every_state(void)
{
    playout_start(&playout, memory, &format, 200, 1000);
    for (unsigned round = 0; round < 2000; round++) {
        playout_set_mode(&playout, (enum playout_mode)(round / 20 % 3));
        playout_push(&playout, pcm, round / 200 % 2 ? sizeof pcm : 1157);
        playout_pull(&playout, pcm, round % 600, round);
    }
}

#define LATENCY_S 0.05
#define MOST_S 0.3 /* the ring holds what comes while nobody pulls */
#define PACKET_FRAMES 240u

static struct timeline resampled, exact;
static void *resampled_memory, *exact_memory;
static double out[600 * 6];

static uint64_t frame_ns(uint64_t frame)
{
    return 1000000000ull + frame * 1000000000ull / 48000;
}

/* Every state: waiting, sounding, run dry in a pause of the sender, skipping after long absence. */
static void pull_timeline(struct timeline *timeline, bool bytes)
{
    uint64_t now = 0, sent = 0;

    for (unsigned round = 0; round < 4400; round++) {
        uint32_t frames = round % 600;
        uint64_t now_ns = frame_ns(now), when_ns = frame_ns(now + 240);

        for (; sent + PACKET_FRAMES <= now; sent += PACKET_FRAMES)
            if (round % 500 < 400)
                timeline_push(timeline, pcm, PACKET_FRAMES, frame_ns(sent + PACKET_FRAMES));
        if (round % 1000 < 200 || round % 1000 >= 240) {
            if (bytes)
                timeline_pull_exact(timeline, pcm, frames, when_ns, now_ns);
            else
                timeline_pull(timeline, out, frames, when_ns, now_ns);
        }
        now += frames;
    }
}

static void pull_resampled(void)
{
    pull_timeline(&resampled, false);
}

static void pull_exact(void)
{
    pull_timeline(&exact, true);
}

/* Before the output runs: the first resampler computes its filter. */
static void start_timelines(void)
{
    struct timeline_config config = {.format = format, .limits = {.fixed_s = LATENCY_S}};

    config.mode = STEER_RESAMPLE;
    CHECK(timeline_start(&resampled, &config, resampled_memory, MOST_S), "start");
    config.mode = STEER_OFF;
    CHECK(timeline_start(&exact, &config, exact_memory, MOST_S), "start");
}

static void pull_and_allocate(void)
{
    static void *volatile kept; /* or the compiler leaves both calls out */

    pull_in_every_state();
    kept = malloc(1);
    free(kept);
}

static void pull_and_lock(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    pull_in_every_state();
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void pull_and_call(void)
{
    pull_in_every_state();
    syscall(SYS_getppid);
}

static const struct {
    const char *name;
    void (*run)(void);
    bool calls, system_calls;
} cases[] = {
    {"playout_pull", pull_in_every_state, false, false},
    {"timeline_pull", pull_resampled, false, false},
    {"timeline_pull_exact", pull_exact, false, false},
    /* That the test can see what it looks for. */
    {"an allocation", pull_and_allocate, true, false},
    {"a lock", pull_and_lock, true, false},
    {"a system call", pull_and_call, false, true},
};

static void check_states(const char *name, const struct timeline *timeline)
{
    CHECK(timeline->steer.sounding && timeline->steer.dry > 0 && timeline->steer.jumped > 0,
          "every state was there: %s: %u %u", name, timeline->steer.dry, timeline->steer.jumped);
}

static void test_calls(void)
{
    start_timelines();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forbidden_calls = 0;
        in_callback = true;
        cases[i].run();
        in_callback = false;
        CHECK((forbidden_calls > 0) == cases[i].calls, "%s: %u", cases[i].name, forbidden_calls);
    }
    CHECK(playout_underruns(&playout) > 0 && playout_dropped_frames(&playout) > 0,
          "every state was there: %u %u", playout_underruns(&playout),
          playout_dropped_frames(&playout));
    check_states("timeline_pull", &resampled);
    check_states("timeline_pull_exact", &exact);
}

/* In strict mode the kernel kills a process at any call but read, write, exit. */
static void test_system_calls(void)
{
    if (THREAD_SANITIZER) {
        CHECK_SKIP("ThreadSanitizer's own thread keeps the child from ending");
        return;
    }
    start_timelines();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = 0;
        pid_t child;

        if (cases[i].calls) /* the C library may or may not ask the kernel for these */
            continue;
        fflush(stdout);
        child = fork();
        if (child == 0) {
            if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
                _exit(2);
            cases[i].run();
            syscall(SYS_exit, 0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child ||
            (WIFEXITED(status) && WEXITSTATUS(status) == 2)) {
            CHECK_SKIP("no child in strict seccomp mode");
            return;
        }
        CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) == cases[i].system_calls,
              "%s: status %x", cases[i].name, (unsigned)status);
        CHECK(cases[i].system_calls || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
              "%s: status %x", cases[i].name, (unsigned)status);
    }
}

int main(void)
{
    memset(pcm, 1, sizeof pcm);
    resampled_memory = malloc(timeline_memory_bytes(&format, MOST_S));
    exact_memory = malloc(timeline_memory_bytes(&format, MOST_S));
    test_calls();
    test_system_calls();
    free(resampled_memory);
    free(exact_memory);
    return check_summary();
}
