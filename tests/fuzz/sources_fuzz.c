/* Any text after --sources; then packets, eight bytes each, to what it says: each is judged once,
 * by the rule of who is listed, and memory stays in bounds. */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "scream/sources_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool is_listed(const struct demux_sources *sources, uint32_t address)
{
    for (size_t i = 0; i < sources->network_count; i++)
        if (((sources->networks[i].address ^ address) & sources->networks[i].mask) == 0)
            return true;
    return sources->network_count == 0;
}

static void push(const struct demux_sources *sources, const uint8_t *data, size_t size)
{
    static struct demux demux;
    uint64_t now_ns = 1, pushed = 0, counted = 0;

    demux_init(&demux, sources, 6);
    for (; size >= 8; data += 8, size -= 8, pushed++) {
        struct packet packet = {
            .format = {.rate_code = 1, .bits = 16, .channels = (uint8_t)(1 + data[6] % 6)},
            .pcm_bytes = 1 + data[7],
            .origin = {bytes_get_u32(data) & 0xff00000fu, data[4] & 3u, data[4] >> 6},
        };
        struct demux_result result;

        now_ns += data[5] * 5000000ull;
        packet.arrival_ns = now_ns;
        if (data[4] & 4)
            demux_observe(&demux, now_ns);
        if (data[4] & 8)
            demux_expire(&demux);
        result = demux_push(&demux, &packet);
        expect((result.verdict == DEMUX_NOT_LISTED) == !is_listed(sources, packet.origin.address));
        expect(result.stream < demux.streams_max);
        expect(result.ending_bytes < 12 && result.lost_bytes < 12);
        if (result.verdict == DEMUX_TAKEN) {
            const struct demux_sender *stream = &demux.senders[result.stream];

            expect(stream->present && stream->origin.address == packet.origin.address);
            expect(stream->origin.port == packet.origin.port && stream->last_ns == now_ns);
        }
    }
    for (unsigned verdict = 0; verdict < DEMUX_VERDICTS; verdict++)
        counted += demux.counts[verdict];
    expect(counted == pushed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, 0, size);
    struct demux_sources sources = {.policy = DEMUX_FIRST};
    struct failure failure = {0};
    bool good;

    if (end == NULL)
        return 0;
    good = sources_text_read((const char *)data, &sources, &failure);
    expect(good == (failure.code == EXIT_OK));
    expect(sources.network_count <= DEMUX_NETWORKS_MAX);
    if (good)
        push(&sources, end + 1, size - (size_t)(end + 1 - data));
    return 0;
}
