/* Whose stream is whose: mixes, the latest, lists, restarts and floods. */
#include "stream/demux.h"

#include <string.h>

#include "tests/support/check.h"

#define MS 1000000ull
#define TAKEN DEMUX_TAKEN
#define OTHER DEMUX_OTHER_SENDER
#define MANY DEMUX_TOO_MANY
#define UNLISTED DEMUX_NOT_LISTED

static const struct format stereo = {.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
static const struct format wide = {.rate_code = 1, .bits = 24, .channels = 2, .mask = 3};
static const struct demux_sources mix = {.policy = DEMUX_MIX}, latest = {.policy = DEMUX_LATEST},
                                  first = {.policy = DEMUX_FIRST};

static struct demux demux;
static uint64_t now_ns;

static struct demux_result push(uint32_t address, uint16_t port, const struct format *format)
{
    const struct packet packet = {
        .format = *format,
        .pcm = (const uint8_t *)"",
        .pcm_bytes = 1152,
        .origin = {address, port, 2},
        .arrival_ns = now_ns,
    };

    demux_observe(&demux, now_ns);
    return demux_push(&demux, &packet);
}

static void start(const struct demux_sources *sources, uint32_t streams_max)
{
    now_ns = 5 * MS;
    demux_init(&demux, sources, streams_max);
}

enum { NEW = 1, RESTARTED = 2, FORMAT = 4 }; /* what a result says */

struct arrival {
    const char *what;
    uint64_t after_ms; /* the arrival before it */
    uint32_t address;
    uint16_t port;
    const struct format *format;
    enum demux_verdict verdict;
    uint8_t stream;
    unsigned flags;
};

static void run(const char *scenario, const struct arrival *arrivals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct arrival *arrival = &arrivals[i];
        struct demux_result got;

        now_ns += arrival->after_ms * MS;
        got = push(arrival->address, arrival->port, arrival->format);
        CHECK(got.verdict == arrival->verdict, "%s: %s: %s", scenario, arrival->what,
              demux_verdict_name(got.verdict));
        CHECK(got.stream == arrival->stream, "%s: %s: %u", scenario, arrival->what, got.stream);
        CHECK(got.new_sender == ((arrival->flags & NEW) != 0), "%s: %s", scenario, arrival->what);
        CHECK(got.restarted == ((arrival->flags & RESTARTED) != 0), "%s: %s", scenario,
              arrival->what);
        CHECK(got.new_format == ((arrival->flags & FORMAT) != 0), "%s: %s", scenario,
              arrival->what);
    }
}

#define RUN(scenario, arrivals) run(scenario, arrivals, sizeof(arrivals) / sizeof *(arrivals))

static void test_mix(void)
{
    static const struct arrival arrivals[] = {
        {"the first", 0, 1, 10, &stereo, TAKEN, 0, NEW | FORMAT},
        {"the second, at once", 1, 2, 10, &wide, TAKEN, 1, NEW | FORMAT},
        {"the first goes on", 5, 1, 10, &stereo, TAKEN, 0, 0},
        {"the second goes on", 0, 2, 10, &wide, TAKEN, 1, 0},
        {"another port of a sender that goes on", 4, 1, 11, &stereo, TAKEN, 2, NEW | FORMAT},
        {"and the sender", 2, 1, 10, &stereo, TAKEN, 0, 0},
        {"half of the places are left: knock", 0, 3, 10, &stereo, TAKEN, 3, NEW | FORMAT},
        {"knock", 0, 4, 10, &stereo, MANY, 0, 0},
        {"in another format, which counts anew", 6, 4, 10, &wide, MANY, 0, 0},
        {"twice", 6, 4, 10, &wide, MANY, 0, 0},
        {"thrice", 6, 4, 10, &wide, MANY, 0, 0},
        {"and in", 6, 4, 10, &wide, TAKEN, 4, NEW | FORMAT},
        {"and goes on", 6, 4, 10, &wide, TAKEN, 4, 0},
        {"a change of format", 6, 4, 10, &stereo, TAKEN, 4, FORMAT},
    };

    start(&mix, 8);
    RUN("mix", arrivals);
    CHECK(demux.senders[4].packets == 3 && demux.senders[4].dropped[MANY] == 4, "its own counts");
    CHECK(demux.counts[TAKEN] == 10 && demux.counts[MANY] == 4, "counts of all");
}

static void test_mix_full(void)
{
    static const struct arrival arrivals[] = {
        {"one", 0, 1, 10, &stereo, TAKEN, 0, NEW | FORMAT},
        {"two knocks", 0, 2, 10, &stereo, MANY, 0, 0},
        {"twice", 0, 2, 10, &stereo, MANY, 0, 0},
        {"thrice", 0, 2, 10, &stereo, MANY, 0, 0},
        {"is in", 0, 2, 10, &stereo, TAKEN, 1, NEW | FORMAT},
        {"three knocks", 0, 3, 10, &stereo, MANY, 0, 0},
        {"twice", 5, 3, 10, &stereo, MANY, 0, 0},
        {"thrice", 5, 3, 10, &stereo, MANY, 0, 0},
        {"no place", 5, 3, 10, &stereo, MANY, 0, 0},
        {"one goes on", 500, 1, 10, &stereo, TAKEN, 0, 0},
        {"no place", 400, 3, 10, &stereo, MANY, 0, 0},
        {"two has been silent", 85, 3, 10, &stereo, TAKEN, 1, NEW | FORMAT},
        {"two is a stranger again", 0, 2, 10, &stereo, MANY, 0, 0},
    };

    start(&mix, 2);
    RUN("full mix", arrivals);
}

static void test_mix_restart(void)
{
    static const struct arrival arrivals[] = {
        {"a sender", 0, 1, 10, &stereo, TAKEN, 0, NEW | FORMAT},
        {"another of that address", 0, 1, 11, &stereo, TAKEN, 1, NEW | FORMAT},
        {"goes on alone", 190, 1, 11, &stereo, TAKEN, 1, 0},
        {"a restart too soon is one more", 9, 1, 12, &stereo, TAKEN, 2, NEW | FORMAT},
        {"so is another format", 1, 1, 13, &wide, TAKEN, 3, NEW | FORMAT},
        {"a restart", 0, 1, 14, &stereo, TAKEN, 0, NEW | RESTARTED},
        {"and goes on", 6, 1, 14, &stereo, TAKEN, 0, 0},
        {"the old port was alive after all", 6, 1, 10, &stereo, TAKEN, 4, NEW | FORMAT},
        {"both go on", 6, 1, 14, &stereo, TAKEN, 0, 0},
        {"both go on", 6, 1, 10, &stereo, TAKEN, 4, 0},
        {"of two that are silent, the last", 195, 1, 20, &stereo, TAKEN, 0, NEW | RESTARTED},
    };

    start(&mix, 16);
    RUN("restart in a mix", arrivals);
    CHECK(demux.senders[0].packets == 5, "statistics go on: %u",
          (unsigned)demux.senders[0].packets);
    CHECK(demux.senders[0].first_ns == 5 * MS, "and so does its time");
}

/* Two that send behind one address, one of which is not heard, are not taken for one. */
static void test_not_successor(void)
{
    start(&mix, 1);
    push(1, 10, &stereo);
    for (int i = 0; i < 10; i++, now_ns += 10 * MS) {
        push(1, 10, &stereo);
        CHECK(push(1, 11, &stereo).verdict == MANY, "no place");
    }
    now_ns += 300 * MS;
    CHECK(push(1, 11, &stereo).verdict == MANY, "it sent while the other did");
    CHECK(push(1, 12, &stereo).restarted, "this one did not");
}

static void test_latest(void)
{
    static const struct arrival arrivals[] = {
        {"A", 0, 1, 10, &stereo, TAKEN, 0, NEW | FORMAT},
        {"B knocks", 6, 2, 10, &wide, OTHER, 0, 0},
        {"A", 0, 1, 10, &stereo, TAKEN, 0, 0},
        {"B", 6, 2, 10, &wide, OTHER, 0, 0},
        {"B", 6, 2, 10, &wide, OTHER, 0, 0},
        {"A", 0, 1, 10, &stereo, TAKEN, 0, 0},
        {"B is in", 6, 2, 10, &wide, TAKEN, 0, NEW | FORMAT},
        {"A is not", 0, 1, 10, &stereo, OTHER, 0, 0},
        {"A is not", 0, 1, 10, &stereo, OTHER, 0, 0},
        {"A is not", 0, 1, 10, &stereo, OTHER, 0, 0},
        {"A is not", 0, 1, 10, &stereo, OTHER, 0, 0},
        {"A is not", 0, 1, 10, &stereo, OTHER, 0, 0},
        {"nor in another format", 0, 1, 10, &wide, OTHER, 0, 0},
        {"nor in another format", 0, 1, 10, &wide, OTHER, 0, 0},
        {"nor in another format", 0, 1, 10, &wide, OTHER, 0, 0},
        {"nor in another format", 0, 1, 10, &wide, OTHER, 0, 0},
        {"B goes on", 500, 2, 10, &wide, TAKEN, 0, 0},
        {"and on", 500, 2, 10, &wide, TAKEN, 0, 0},
        {"A begins anew", 6, 1, 10, &wide, OTHER, 0, 0},
        {"A", 6, 1, 10, &wide, OTHER, 0, 0},
        {"A", 6, 1, 10, &wide, OTHER, 0, 0},
        {"A is the latest", 6, 1, 10, &wide, TAKEN, 0, NEW},
        {"B goes on unheard", 990, 2, 10, &wide, OTHER, 0, 0},
        {"until A falls silent", 10, 2, 10, &wide, TAKEN, 0, NEW},
        {"B restarts", 200, 2, 11, &wide, TAKEN, 0, NEW | RESTARTED},
    };

    start(&latest, 1);
    RUN("latest", arrivals);
    CHECK(demux.senders[0].packets == 5, "B's packets before and after: %u",
          (unsigned)demux.senders[0].packets);
}

static void test_list(void)
{
    static const struct arrival arrivals[] = {
        {"not listed", 0, 0x0a000005, 10, &stereo, UNLISTED, 0, 0},
        {"an address", 0, 0xc0a80105, 10, &stereo, TAKEN, 0, NEW | FORMAT},
        {"its neighbour", 0, 0xc0a80106, 10, &stereo, UNLISTED, 0, 0},
        {"the bottom of a network", 0, 0xac100000, 10, &stereo, TAKEN, 1, NEW | FORMAT},
        {"its top", 0, 0xac1fffff, 10, &stereo, TAKEN, 2, NEW | FORMAT},
        {"above", 0, 0xac200000, 10, &stereo, UNLISTED, 0, 0},
        {"below", 0, 0xac0fffff, 10, &stereo, UNLISTED, 0, 0},
    };
    static struct demux_sources list = {
        .policy = DEMUX_MIX,
        .network_count = 2,
        .networks = {{0xc0a80105, 0xffffffff}, {0xac100000, 0xfff00000}},
    };

    start(&list, 8);
    RUN("list", arrivals);
    CHECK(demux.counts[UNLISTED] == 4, "counted");
    list.policy = DEMUX_FIRST;
    start(&list, 8);
    CHECK(push(0xac100001, 10, &stereo).verdict == TAKEN, "the first of the list");
    CHECK(push(0xac100002, 10, &stereo).verdict == OTHER, "and no other");
    CHECK(push(1, 10, &stereo).verdict == UNLISTED, "others are named so");
}

static uint64_t expire_after(uint64_t ms)
{
    demux_observe(&demux, now_ns + ms * MS);
    return demux_expire(&demux);
}

static void test_expire(void)
{
    start(&mix, 8);
    push(1, 10, &stereo);
    for (int i = 0; i < 4; i++)
        push(2, 10, &stereo);
    CHECK(expire_after(999) == 0, "none yet");
    CHECK(expire_after(1000) == 1, "who came with a packet");
    CHECK(expire_after(29999) == 0, "not the other");
    CHECK(expire_after(30000) == 2, "the other");
    CHECK(expire_after(90000) == 0, "once");
    now_ns += 90000 * MS;
    CHECK(push(2, 10, &stereo).new_sender, "a stranger again");
    start(&first, 1);
    push(1, 10, &stereo);
    CHECK(expire_after(90000) == 0, "the only stream stays");
}

static bool table_is_sound(void)
{
    unsigned linked = 0, present = 0;

    for (unsigned head = 0; head < DEMUX_SENDERS_MAX; head++)
        for (uint8_t at = demux.heads[head]; at != 0xff && linked <= DEMUX_SENDERS_MAX;
             at = demux.senders[at].next)
            linked++;
    for (unsigned i = 0; i < DEMUX_SENDERS_MAX; i++)
        present += demux.senders[i].present;
    return linked == present;
}

static uint32_t next_random(uint32_t *state)
{
    return (*state = *state * 1664525u + 1013904223u) >> 8;
}

/* 10,000 sources whose format changes with every packet, `each` packets for one of `chosen`
 * senders that send every 10 ms. */
static void flood(const struct demux_sources *sources, uint32_t chosen, uint32_t each)
{
    uint32_t state = 1, lost = 0, rounds = 300;

    start(sources, 8);
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t sender = 0; sender < chosen; sender++) {
            struct demux_result result = push(100 + sender, 10, &stereo);

            if (result.verdict != TAKEN || result.stream != sender)
                lost++;
        }
        for (uint32_t i = 0; i < each; i++) {
            struct format strange = {.rate_code = (uint8_t)(1 + next_random(&state) % 100),
                                     .bits = (uint8_t)(16 + 8 * (next_random(&state) % 3)),
                                     .channels = (uint8_t)(1 + next_random(&state) % 255)};
            uint32_t source = next_random(&state) % 10000;

            now_ns += 10 * MS / each;
            push(0x0a000000 + source / 7, (uint16_t)(1024 + source % 7), &strange);
        }
        now_ns = (5 + 10 * (round + 1)) * MS;
        if (round % 100 == 99)
            demux_expire(&demux);
    }
    CHECK(lost == 0, "policy %d: %u of %u lost", (int)sources->policy, lost, rounds * chosen);
    for (uint32_t sender = 0; sender < chosen; sender++)
        CHECK(demux.senders[sender].origin.address == 100 + sender &&
                  demux.senders[sender].packets == rounds,
              "policy %d, sender %u", (int)sources->policy, sender);
    CHECK(table_is_sound(), "policy %d", (int)sources->policy);
}

/* Somebody who comes in the middle of a flood is heard all the same. */
static void test_newcomer_in_flood(void)
{
    static const struct demux_sources *const policies[] = {&latest, &mix};

    for (unsigned i = 0; i < 2; i++) {
        unsigned before_it = 0;
        bool heard = false;

        flood(policies[i], 1, 100);
        for (; !heard && before_it < 1000; before_it++) {
            push(100, 10, &stereo);
            heard = push(200, 10, &stereo).verdict == TAKEN;
            for (uint32_t k = 0; k < 100; k++, now_ns += MS / 10)
                push(0x0b000000 + before_it * 100 + k, 10, &stereo);
        }
        CHECK(heard, "policy %d: after %u packets", (int)policies[i]->policy, before_it);
    }
}

/* Whatever comes, what is known stays linked, and streams stay within their bound. */
static void test_any(void)
{
    static const struct demux_sources *const policies[] = {&first, &latest, &mix};
    uint32_t state = 7;

    for (unsigned policy = 0; policy < 3; policy++) {
        uint64_t judged = 0;
        unsigned wrong = 0;

        start(policies[policy], 5);
        for (unsigned i = 0; i < 50000; i++) {
            uint32_t pick = next_random(&state);
            struct demux_result result;

            now_ns += pick % 97 == 0 ? 700 * MS : pick % 7 * MS;
            result = push(1 + next_random(&state) % 40, (uint16_t)(1 + next_random(&state) % 5),
                          pick & 64 ? &stereo : &wide);
            wrong += result.stream >= demux.streams_max;
            wrong += result.new_sender && result.verdict != TAKEN;
            wrong += result.restarted && !result.new_sender;
            if (pick % 1000 == 0)
                demux_expire(&demux);
        }
        for (unsigned verdict = 0; verdict < DEMUX_VERDICTS; verdict++)
            judged += demux.counts[verdict];
        CHECK(wrong == 0, "policy %u: %u", policy, wrong);
        CHECK(judged == 50000, "policy %u: each packet is counted once", policy);
        CHECK(table_is_sound(), "policy %u", policy);
    }
}

static void test_names(void)
{
    for (unsigned i = 0; i < DEMUX_VERDICTS; i++)
        CHECK(strcmp(demux_verdict_name((enum demux_verdict)i), "unknown") != 0, "verdict %u", i);
    CHECK(strcmp(demux_verdict_name(DEMUX_VERDICTS), "unknown") == 0, "past the end");
}

int main(void)
{
    test_mix();
    test_mix_full();
    test_mix_restart();
    test_not_successor();
    test_latest();
    test_list();
    test_expire();
    flood(&first, 1, 1);
    flood(&first, 1, 100);
    flood(&latest, 1, 100);
    flood(&mix, 3, 100);
    flood(&mix, 3, 3);
    test_newcomer_in_flood();
    test_any();
    test_names();
    return check_summary();
}
