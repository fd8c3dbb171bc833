/* What the original driver sent for given input (golden/, recorded from its signed binary), against
 * our options, gate and packetizer. Differs by intent in one thing here: what waits when a stream
 * stops is sent, filled with silence. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/driver_options.h"
#include "core/format.h"
#include "core/ipv4.h"
#include "core/packetizer.h"
#include "core/silence.h"
#include "tests/support/check.h"

#define PACKETS_MAX 64u

/* golden/ writes a packet as "ADDR:PORT LENGTH HEADER HASH". */
struct sent {
    char lines[PACKETS_MAX][96];
    unsigned count;
};

struct player {
    const char *name; /* of the recording, and the line it is at */
    unsigned line;
    uint32_t options[DRIVER_OPTIONS];
    struct format format;
    struct silence_gate gate;
    struct packetizer packetizer;
    struct sent sent;
    unsigned checked; /* of those sent, how many the recording had */
    unsigned packets, padded;
};

static uint64_t fnv1a(const uint8_t *at, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static uint32_t option(const struct player *player, enum driver_option_id id)
{
    return driver_option_value(&driver_options[id], player->options[id]);
}

static void send(struct player *player, const uint8_t *datagram, uint32_t length)
{
    char address[IPV4_TEXT_BYTES];

    if (player->sent.count == PACKETS_MAX) {
        CHECK(0, "%s:%u: too many packets", player->name, player->line);
        return;
    }
    ipv4_format(option(player, DRIVER_OPTION_UNICAST_IPV4), address);
    snprintf(player->sent.lines[player->sent.count++], sizeof player->sent.lines[0],
             "%s:%u %u %02x%02x%02x%02x%02x %016" PRIx64, address,
             (unsigned)option(player, DRIVER_OPTION_UNICAST_PORT), (unsigned)length, datagram[0],
             datagram[1], datagram[2], datagram[3], datagram[4],
             fnv1a(datagram + WIRE_HEADER_BYTES, length - WIRE_HEADER_BYTES));
}

static void packetize(struct player *player, const uint8_t *pcm, size_t bytes)
{
    while (bytes > 0) {
        size_t took = packetizer_feed(&player->packetizer, pcm, bytes);
        uint32_t length = packetizer_ready(&player->packetizer);

        if (length != 0)
            send(player, player->packetizer.datagram, length);
        pcm += took;
        bytes -= took;
    }
}

static void play(struct player *player, const uint8_t *pcm, size_t bytes)
{
    uint32_t frame_bytes = format_frame_bytes(&player->format);
    size_t frames = bytes / frame_bytes;

    CHECK(bytes % frame_bytes == 0, "%s:%u: not whole frames", player->name, player->line);
    while (frames > 0) {
        bool pass;
        size_t count = silence_scan(&player->gate, pcm, frames, &pass);

        if (pass)
            packetize(player, pcm, count * frame_bytes);
        pcm += count * frame_bytes;
        frames -= count;
    }
}

static void make_pcm(uint8_t *pcm, size_t bytes, uint32_t seed)
{
    uint32_t x = seed != 0 ? seed : 1;

    for (size_t i = 0; i < bytes; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        pcm[i] = (uint8_t)(x >> 24);
    }
}

static void make_level(uint8_t *pcm, size_t bytes, int32_t level, uint32_t sample_bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        int32_t value = i / sample_bytes % 2 == 0 ? level : -level;

        pcm[i] = (uint8_t)((uint32_t)value >> 8 * (i % sample_bytes));
    }
}

/* All that was sent must have been in the recording. */
static void settle(struct player *player)
{
    CHECK(player->checked == player->sent.count, "%s:%u: %u packets too many, first %s",
          player->name, player->line, player->sent.count - player->checked,
          player->sent.lines[player->checked]);
    player->sent.count = 0;
    player->checked = 0;
}

/* Ends a stream: one packet more than the original when it was in the middle of one. */
static void stop(struct player *player)
{
    uint32_t waiting = player->packetizer.filled, length;

    if (waiting == wire_payload_bytes(&player->format))
        waiting = 0;
    length = packetizer_flush(&player->packetizer);
    CHECK(length == (waiting != 0 ? WIRE_DATAGRAM_BYTES : 0), "%s:%u: padded packet of %u bytes",
          player->name, player->line, (unsigned)length);
    for (uint32_t i = WIRE_HEADER_BYTES + waiting; i < length; i++) {
        if (player->packetizer.datagram[i] != 0) {
            CHECK(0, "%s:%u: not silence", player->name, player->line);
            break;
        }
    }
    player->padded += length != 0;
}

static void start(struct player *player, const char *arguments)
{
    unsigned rate, bits, channels;
    int mask;

    CHECK(sscanf(arguments, "%u %u %u %i", &rate, &bits, &channels, &mask) == 4, "%s:%u: %s",
          player->name, player->line, arguments);
    player->format.bits = (uint8_t)bits;
    player->format.channels = (uint8_t)channels;
    player->format.mask = (uint16_t)(mask ? mask : 3); /* a plain WAVEFORMATEX */
    CHECK(format_rate_code(rate, &player->format.rate_code), "%s:%u: %u Hz", player->name,
          player->line, rate);
    CHECK(format_check(&player->format) == FORMAT_OK, "%s:%u: format", player->name, player->line);
    silence_start(&player->gate, &player->format, option(player, DRIVER_OPTION_SILENCE_THRESHOLD));
    packetizer_start(&player->packetizer, &player->format);
}

static void set_option(struct player *player, const char *arguments)
{
    char name[32], text[32];
    const struct driver_option *found;
    uint32_t value = 0;

    CHECK(sscanf(arguments, "%31s %31s", name, text) == 2, "%s", arguments);
    found = driver_option_find(name, strlen(name));
    CHECK(found != NULL, "%s:%u: option %s", player->name, player->line, name);
    if (found == NULL)
        return;
    if (found->type == DRIVER_OPTION_ADDRESS)
        CHECK(ipv4_parse(text, sizeof text, &value), "%s", text);
    else
        value = (uint32_t)strtoul(text, NULL, 10);
    CHECK(driver_option_check(found, value), "%s:%u: %s", player->name, player->line, text);
    player->options[found - driver_options] = value;
}

static void command(struct player *player, const char *line)
{
    static uint8_t pcm[1u << 18];
    uint32_t seed;
    unsigned bytes;
    int level;

    settle(player);
    if (sscanf(line, "pcm %" SCNu32 " %u", &seed, &bytes) == 2 && bytes <= sizeof pcm) {
        make_pcm(pcm, bytes, seed);
        play(player, pcm, bytes);
    } else if (sscanf(line, "level %d %u", &level, &bytes) == 2 && bytes <= sizeof pcm) {
        make_level(pcm, bytes, level, format_sample_bytes(&player->format));
        play(player, pcm, bytes);
    } else if (strncmp(line, "fmt ", 4) == 0) {
        start(player, line + 4);
    } else if (strcmp(line, "state 0") == 0) {
        stop(player);
    } else {
        CHECK(strcmp(line, "state 2") == 0 || strcmp(line, "state 3") == 0 ||
                  strcmp(line, "close") == 0,
              "%s:%u: %s", player->name, player->line, line);
    }
}

static void compare(struct player *player, const char *line)
{
    const char *ours =
        player->checked < player->sent.count ? player->sent.lines[player->checked++] : "nothing";

    CHECK(strcmp(line, ours) == 0, "%s:%u: sent %s", player->name, player->line, ours);
    player->packets++;
}

/* Plays a recording; it has so many packets, and so many streams that stop in the middle of one. */
static void replay(const char *folder, const char *name, unsigned packets, unsigned padded)
{
    struct player player = {.name = name};
    char path[1024], line[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    CHECK(file != NULL, "cannot open %s", path);
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        player.line++;
        line[strcspn(line, "\r\n")] = '\0';
        if (strncmp(line, "> ", 2) == 0)
            command(&player, line + 2);
        else if (strncmp(line, "packet ", 7) == 0)
            compare(&player, line + 7);
        else if (strncmp(line, "option ", 7) == 0)
            set_option(&player, line + 7);
        else
            CHECK(line[0] == '#' || line[0] == '\0' || strncmp(line, "status ", 7) == 0 ||
                      strncmp(line, "framing ", 8) == 0,
                  "%s:%u: %s", name, player.line, line);
    }
    settle(&player);
    fclose(file);
    CHECK(player.packets == packets, "%s: %u packets", name, player.packets);
    CHECK(player.padded == padded, "%s: %u padded packets", name, player.padded);
}

/* The original's data ranges leave 176.4 kHz out by mistake; we have a code for it, which is the
 * one the original uses when a stream of that rate is forced on it (formats.txt). */
static void accepts_176400_hz(void)
{
    uint8_t code = 0;

    CHECK(format_rate_code(176400, &code) && code == 0x84, "code %u", code);
}

/* In the original a 24-bit sample is never silent, and nothing would be held back here. */
static void counts_silence_at_24_bits(void)
{
    struct player player = {.name = "24 bits"};
    static uint8_t pcm[6 * 1920];

    player.options[DRIVER_OPTION_SILENCE_THRESHOLD] = 2000;
    start(&player, "48000 24 2 0");
    play(&player, pcm, sizeof pcm); /* 1000 frames of 1920 pass: 6000 bytes */
    CHECK(player.sent.count == 5, "%u packets", player.sent.count);
    CHECK(player.packetizer.filled == 6000 - 5 * 1152, "%u bytes wait",
          (unsigned)player.packetizer.filled);
    stop(&player);
    CHECK(player.padded == 1, "the rest, padded");
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "tests/unit/golden";

    replay(folder, "formats.txt", 237, 16);
    replay(folder, "blocks.txt", 58, 2);
    replay(folder, "silence.txt", 114, 4);
    replay(folder, "unicast.txt", 3, 1);
    accepts_176400_hz();
    counts_silence_at_24_bits();
    return check_summary();
}
