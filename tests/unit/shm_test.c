/* Writer against reader over the same memory, and the reader against headers that lie. */
#include <string.h>

#include "core/bytes.h"
#include "core/shm_reader.h"
#include "core/shm_writer.h"
#include "tests/support/check.h"

#define REGION_BYTES 65536u

static _Alignas(8) uint8_t region[REGION_BYTES + 64];
static const struct format stereo = {1, 16, 2, 3};

static void fill_chunks(struct shm_writer *writer, unsigned count, uint8_t first)
{
    static uint8_t pcm[SHM_CHUNK_BYTES_MAX];

    for (unsigned i = 0; i < count; i++) {
        memset(pcm, first + (int)i, writer->chunk_bytes);
        shm_writer_write(writer, pcm, writer->chunk_bytes);
    }
}

/* One round of the caller. Returns the look; on SHM_READ `*content` is the chunk's one byte, and
 * -1 when the chunk is not of one kind or the reader did not confirm. */
static enum shm_look round_of(struct shm_reader *reader, int *content)
{
    uint8_t snapshot[SHM_HEADER_BYTES];
    struct shm_chunk chunk;
    enum shm_look look;

    shm_snapshot(region, snapshot);
    look = shm_reader_look(reader, snapshot, &chunk);
    *content = -1;
    if (look != SHM_READ)
        return look;
    CHECK(chunk.offset >= SHM_HEADER_BYTES && chunk.bytes > 0 &&
              chunk.offset + chunk.bytes <= REGION_BYTES,
          "offset %u, %u bytes", (unsigned)chunk.offset, (unsigned)chunk.bytes);
    *content = region[chunk.offset];
    for (uint32_t i = 0; i < chunk.bytes; i++) {
        if (region[chunk.offset + i] != *content)
            *content = -1;
    }
    shm_snapshot(region, snapshot);
    if (!shm_reader_confirm(reader, snapshot))
        *content = -1;
    return look;
}

static void expect(struct shm_reader *reader, enum shm_look look, int content, const char *when)
{
    int got_content;
    enum shm_look got = round_of(reader, &got_content);

    CHECK(got == look && got_content == content, "%s: look %d, content %d", when, (int)got,
          got_content);
}

static void opens_and_refuses(void)
{
    static const struct {
        struct format format;
        size_t bytes;
        uint32_t chunk_ms;
        uint32_t chunk_bytes; /* 0: refused */
        uint16_t chunks;
    } cases[] = {
        {{1, 16, 2, 3}, REGION_BYTES, 20, 3840, 17},
        {{1, 16, 2, 3}, REGION_BYTES, 5, 960, 68},
        {{129, 16, 2, 3}, REGION_BYTES, 20, 3528, 18},
        {{129, 16, 2, 3}, REGION_BYTES, 5, 880, 74},
        {{4, 32, 8, 0x63f}, REGION_BYTES, 5, 30720, 2},
        {{1, 16, 1, 4}, REGION_BYTES, 1, 96, 682},
        {{1, 16, 2, 3}, 2 * 3840 + 24, 20, 3840, 2},
        {{1, 16, 2, 3}, 2 * 3840 + 23, 20, 0, 0}, /* the last would run past the end */
        {{1, 16, 2, 3}, 0, 20, 0, 0},
        {{1, 16, 2, 3}, 23, 20, 0, 0},
        {{4, 32, 8, 0x63f}, REGION_BYTES, 20, 0, 0},
        {{127, 32, 255, 0}, REGION_BYTES, 20, 0, 0},
        {{1, 16, 2, 3}, REGION_BYTES, 0, 0, 0},
        {{1, 16, 2, 3}, REGION_BYTES, 21, 0, 0},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shm_writer writer;
        bool open;

        memset(region, 0xee, sizeof region);
        open =
            shm_writer_open(&writer, region, cases[i].bytes, &cases[i].format, cases[i].chunk_ms);
        CHECK(open == (cases[i].chunk_bytes != 0), "case %u", i);
        if (!open) {
            CHECK(region[0] == 0xee && region[23] == 0xee, "case %u: memory touched", i);
            continue;
        }
        CHECK(bytes_get_u32(region) == SHM_MAGIC, "case %u: magic", i);
        CHECK(bytes_get_u16(region + 4) == 0, "case %u: write index", i);
        CHECK(region[6] == 24, "case %u: offset", i);
        CHECK(bytes_get_u16(region + 8) == cases[i].chunks, "case %u: %u chunks", i,
              bytes_get_u16(region + 8));
        CHECK(bytes_get_u32(region + 12) == cases[i].chunk_bytes, "case %u: chunk of %u", i,
              (unsigned)bytes_get_u32(region + 12));
        CHECK(region[16] == cases[i].format.rate_code && region[17] == cases[i].format.bits &&
                  region[18] == cases[i].format.channels &&
                  bytes_get_u16(region + 20) == cases[i].format.mask,
              "case %u: format", i);
        fill_chunks(&writer, 2u * cases[i].chunks + 1, 1);
        CHECK(bytes_get_u16(region + 4) == 1, "case %u: index %u after two turns", i,
              bytes_get_u16(region + 4));
        CHECK(region[cases[i].bytes] == 0xee, "case %u: wrote past the end", i);
        shm_writer_close(&writer);
        for (unsigned at = 0; at < SHM_HEADER_BYTES; at++)
            CHECK(region[at] == 0, "case %u: byte %u stays", i, at);
    }
}

static void follows_a_stream(void)
{
    static const uint8_t part[100] = {9};
    struct shm_writer writer;
    struct shm_reader reader;

    memset(region, 0, sizeof region);
    shm_reader_init(&reader, REGION_BYTES);
    expect(&reader, SHM_CLOSED, -1, "before the writer");
    shm_writer_open(&writer, region, REGION_BYTES, &stereo, 20);
    expect(&reader, SHM_WAIT, -1, "open");
    shm_writer_write(&writer, part, sizeof part);
    expect(&reader, SHM_WAIT, -1, "part of a chunk");
    shm_writer_flush(&writer);
    CHECK(memcmp(region + 24 + 3840, part, 100) == 0 && region[24 + 3840 + 100] == 0, "slot 1");
    expect(&reader, SHM_READ, -1, "the padded chunk");
    shm_writer_flush(&writer);
    expect(&reader, SHM_WAIT, -1, "nothing to flush");

    for (int i = 0; i < 64; i++) { /* over the end of the ring three times */
        fill_chunks(&writer, 1, (uint8_t)i);
        expect(&reader, SHM_READ, i, "in step");
        expect(&reader, SHM_WAIT, -1, "once only");
    }
    fill_chunks(&writer, 3, 100);
    expect(&reader, SHM_READ, 100, "three behind");
    expect(&reader, SHM_READ, 101, "two behind");
    expect(&reader, SHM_READ, 102, "one behind");
    CHECK(reader.counts[SHM_JUMPED] == 0, "no jump yet");
    fill_chunks(&writer, 4, 110);
    expect(&reader, SHM_READ, 112, "four behind: on at index - 1");
    expect(&reader, SHM_READ, 113, "and in step");
    expect(&reader, SHM_WAIT, -1, "again");
    CHECK(reader.counts[SHM_JUMPED] == 1, "one jump");

    shm_writer_close(&writer);
    expect(&reader, SHM_CLOSED, -1, "closed");
    expect(&reader, SHM_CLOSED, -1, "still closed");
    CHECK(reader.counts[SHM_GONE] == 1, "gone once");
    CHECK(reader.counts[SHM_CHANGED] == 0 && reader.counts[SHM_TORN] == 0, "nothing else");
}

static void joins_and_follows_restarts(void)
{
    static const struct format other = {1, 16, 1, 4};
    struct shm_writer writer;
    struct shm_reader reader;

    memset(region, 0, sizeof region);
    shm_writer_open(&writer, region, REGION_BYTES, &stereo, 20);
    fill_chunks(&writer, 10, 0);
    shm_reader_init(&reader, REGION_BYTES);
    expect(&reader, SHM_WAIT, -1, "joins after the last complete chunk");
    fill_chunks(&writer, 1, 50);
    expect(&reader, SHM_READ, 50, "the first whole one");

    shm_writer_close(&writer);
    expect(&reader, SHM_CLOSED, -1, "closed");
    shm_writer_open(&writer, region, REGION_BYTES, &stereo, 20);
    fill_chunks(&writer, 2, 60);
    expect(&reader, SHM_READ, 60, "a beginning that was awaited loses nothing");
    expect(&reader, SHM_READ, 61, "nor the next");

    shm_writer_open(&writer, region, REGION_BYTES, &other, 20);
    fill_chunks(&writer, 2, 70);
    expect(&reader, SHM_READ, 70, "another format, from its first chunk");
    CHECK(reader.counts[SHM_CHANGED] == 1, "counted");
    expect(&reader, SHM_READ, 71, "and on");

    fill_chunks(&writer, 8, 80);
    for (int i = 0; i < 2; i++)
        expect(&reader, SHM_READ, 86 + i, "on at index - 1");
    shm_writer_open(&writer, region, REGION_BYTES, &other, 20);
    expect(&reader, SHM_WAIT, -1, "begun anew unseen, nothing there yet");
    fill_chunks(&writer, 1, 90);
    expect(&reader, SHM_READ, 90, "its first chunk, and no old sound before it");
    CHECK(reader.counts[SHM_JUMPED] == 2, "jumps counted");

    fill_chunks(&writer, 6, 100);
    expect(&reader, SHM_READ, 104, "behind again");
    shm_writer_open(&writer, region, REGION_BYTES, &other, 20);
    fill_chunks(&writer, 1, 120);
    expect(&reader, SHM_READ, 120, "begun anew with one chunk");
}

/* A chunk is to be thrown away iff the writer may work on it, or has, before the confirmation. */
static void notices_overwriting(void)
{
    static const struct {
        unsigned behind, written; /* chunks complete before the look, and during the copy */
        bool safe;
    } cases[] = {
        {1, 0, true},   {1, 1, true}, {1, 14, true}, {1, 15, true},
        {1, 16, false}, {3, 0, true}, {3, 13, true}, {3, 14, false},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t snapshot[SHM_HEADER_BYTES];
        struct shm_writer writer;
        struct shm_reader reader;
        struct shm_chunk chunk;
        bool safe;

        memset(region, 0, sizeof region);
        shm_writer_open(&writer, region, REGION_BYTES, &stereo, 20); /* 17 slots */
        fill_chunks(&writer, 7, 0);
        shm_reader_init(&reader, REGION_BYTES);
        shm_snapshot(region, snapshot);
        shm_reader_look(&reader, snapshot, &chunk);
        fill_chunks(&writer, cases[i].behind, 0);
        shm_snapshot(region, snapshot);
        CHECK(shm_reader_look(&reader, snapshot, &chunk) == SHM_READ, "case %u", i);
        fill_chunks(&writer, cases[i].written, 0);
        shm_snapshot(region, snapshot);
        safe = shm_reader_confirm(&reader, snapshot);
        CHECK(safe == cases[i].safe, "case %u: %s", i, safe ? "safe" : "torn");
        CHECK(reader.counts[SHM_TORN] == !safe, "case %u: counted", i);
    }
}

static void distrusts_confirmation(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } cases[] = {{0, 0},  {6, 25}, {8, 16}, {12, 4}, {16, 2},
                 {16, 0}, {17, 8}, {18, 1}, {20, 0}, {5, 0xff}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t snapshot[SHM_HEADER_BYTES];
        struct shm_writer writer;
        struct shm_reader reader;
        struct shm_chunk chunk;

        memset(region, 0, sizeof region);
        shm_writer_open(&writer, region, REGION_BYTES, &stereo, 20);
        shm_reader_init(&reader, REGION_BYTES);
        shm_snapshot(region, snapshot);
        shm_reader_look(&reader, snapshot, &chunk);
        fill_chunks(&writer, 1, 0);
        shm_snapshot(region, snapshot);
        CHECK(shm_reader_look(&reader, snapshot, &chunk) == SHM_READ, "case %u", i);
        snapshot[cases[i].at] = cases[i].value;
        CHECK(!shm_reader_confirm(&reader, snapshot), "byte %u becomes %u", cases[i].at,
              cases[i].value);
    }
}

static void make_header(uint8_t *header, const struct format *format, uint8_t offset,
                        uint16_t chunks, uint32_t chunk_bytes, uint16_t index)
{
    memset(header, 0, SHM_HEADER_BYTES);
    bytes_put_u32(header, SHM_MAGIC);
    bytes_put_u16(header + 4, index);
    header[6] = offset;
    bytes_put_u16(header + 8, chunks);
    bytes_put_u32(header + 12, chunk_bytes);
    header[16] = format->rate_code;
    header[17] = format->bits;
    header[18] = format->channels;
    bytes_put_u16(header + 20, format->mask);
}

static void refuses_hostile_headers(void)
{
    static const struct {
        struct format format;
        uint8_t offset;
        uint16_t chunks;
        uint32_t chunk_bytes;
        uint16_t index;
        uint64_t region_bytes;
        enum shm_fault fault;
    } cases[] = {
        {{1, 16, 2, 3}, 24, 17, 3840, 16, 65536, SHM_OK},
        {{1, 16, 2, 3}, 255, 17, 3840, 16, 65536, SHM_OK},
        {{1, 16, 2, 3}, 24, 2, 4, 1, 32, SHM_OK},
        {{1, 16, 2, 3}, 24, 16, 4096, 15, 65536, SHM_OK}, /* past the end as in the original */
        {{1, 32, 255, 0}, 24, 65535, 1020, 65534, 1u << 27, SHM_OK},
        {{1, 16, 2, 3}, 24, 4, 1u << 20, 3, (4u << 20) + 24, SHM_OK},
        {{0, 16, 2, 3}, 24, 17, 3840, 0, 65536, SHM_BAD_RATE},
        {{1, 0, 2, 3}, 24, 17, 3840, 0, 65536, SHM_BAD_BITS},
        {{1, 16, 0, 3}, 24, 17, 3840, 0, 65536, SHM_BAD_CHANNELS},
        {{1, 16, 2, 3}, 0, 17, 3840, 0, 65536, SHM_BAD_OFFSET},
        {{1, 16, 2, 3}, 23, 17, 3840, 0, 65536, SHM_BAD_OFFSET},
        {{1, 16, 2, 3}, 24, 0, 3840, 0, 65536, SHM_BAD_CHUNKS},
        {{1, 16, 2, 3}, 24, 1, 3840, 0, 65536, SHM_BAD_CHUNKS},
        {{1, 16, 2, 3}, 24, 17, 0, 0, 65536, SHM_BAD_CHUNK_BYTES},
        {{1, 16, 2, 3}, 24, 17, 3841, 0, 1u << 20, SHM_BAD_CHUNK_BYTES},
        {{1, 24, 3, 3}, 24, 17, 3840, 0, 1u << 20, SHM_BAD_CHUNK_BYTES},
        {{1, 16, 2, 3}, 24, 4, (1u << 20) + 4, 0, 1u << 30, SHM_BAD_CHUNK_BYTES},
        {{1, 16, 2, 3}, 24, 2, UINT32_MAX, 0, UINT64_MAX, SHM_BAD_CHUNK_BYTES},
        {{1, 16, 2, 3}, 24, 2, UINT32_MAX - 3, 0, 65536, SHM_BAD_CHUNK_BYTES},
        {{1, 16, 2, 3}, 24, 18, 3840, 0, 65536, SHM_BAD_SIZE},
        {{1, 16, 2, 3}, 24, 65535, 1u << 20, 0, 65536, SHM_BAD_SIZE},
        {{1, 16, 2, 3}, 24, 2, 4, 0, 31, SHM_BAD_SIZE}, /* not a frame of the last chunk */
        {{1, 16, 2, 3}, 255, 6, 4, 0, 255, SHM_BAD_SIZE},
        {{1, 16, 2, 3}, 24, 2, 4, 0, 0, SHM_BAD_SIZE},
        {{1, 16, 2, 3}, 24, 17, 3840, 17, 65536, SHM_BAD_INDEX},
        {{1, 16, 2, 3}, 24, 17, 3840, 65535, 65536, SHM_BAD_INDEX},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t header[SHM_HEADER_BYTES];
        struct shm_reader reader;
        struct shm_chunk chunk;
        enum shm_look look;

        make_header(header, &cases[i].format, cases[i].offset, cases[i].chunks,
                    cases[i].chunk_bytes, cases[i].index);
        shm_reader_init(&reader, cases[i].region_bytes);
        for (unsigned n = 0; n < 3; n++) {
            look = shm_reader_look(&reader, header, &chunk);
            CHECK(look == (cases[i].fault == SHM_OK ? SHM_WAIT : SHM_BROKEN), "case %u: %d", i,
                  (int)look);
        }
        CHECK(reader.standing == cases[i].fault, "case %u: %s", i, shm_fault_name(reader.standing));
        CHECK(reader.counts[cases[i].fault] == (cases[i].fault != SHM_OK), "case %u: counted once",
              i);
        if (cases[i].fault != SHM_OK)
            continue;
        for (uint16_t index = 0; index < cases[i].chunks && index < 40; index++) {
            bytes_put_u16(header + 4, index);
            if (shm_reader_look(&reader, header, &chunk) != SHM_READ)
                continue;
            shm_reader_confirm(&reader, header);
            CHECK(chunk.offset + chunk.bytes <= cases[i].region_bytes && chunk.bytes > 0 &&
                      chunk.bytes % format_frame_bytes(&chunk.format) == 0,
                  "case %u: %u bytes at %u", i, (unsigned)chunk.bytes, (unsigned)chunk.offset);
        }
    }
}

static void cuts_the_last_slot(void)
{
    uint8_t header[SHM_HEADER_BYTES];
    struct shm_reader reader;
    struct shm_chunk chunk;

    make_header(header, &stereo, 24, 16, 4096, 14);
    shm_reader_init(&reader, 65536);
    shm_reader_look(&reader, header, &chunk);
    bytes_put_u16(header + 4, 15);
    CHECK(shm_reader_look(&reader, header, &chunk) == SHM_READ, "the last slot");
    CHECK(chunk.offset == 24 + 15 * 4096 && chunk.bytes == 4096 - 24, "%u bytes",
          (unsigned)chunk.bytes);
}

static void recovers_from_a_broken_header(void)
{
    struct shm_writer writer;
    struct shm_reader reader;

    memset(region, 0, sizeof region);
    shm_writer_open(&writer, region, REGION_BYTES, &stereo, 20);
    shm_reader_init(&reader, REGION_BYTES);
    region[17] = 9;
    expect(&reader, SHM_BROKEN, -1, "broken");
    region[18] = 0;
    expect(&reader, SHM_BROKEN, -1, "the same");
    region[17] = 16;
    expect(&reader, SHM_BROKEN, -1, "another");
    CHECK(reader.counts[SHM_BAD_BITS] == 1 && reader.counts[SHM_BAD_CHANNELS] == 1, "counted");
    region[18] = 2;
    expect(&reader, SHM_WAIT, -1, "mended");
    fill_chunks(&writer, 1, 5);
    expect(&reader, SHM_READ, 5, "plays");
    for (unsigned i = 0; i < SHM_FAULTS; i++)
        CHECK(shm_fault_name((enum shm_fault)i)[0] != '\0', "fault %u has a name", i);
}

int main(void)
{
    opens_and_refuses();
    follows_a_stream();
    joins_and_follows_restarts();
    notices_overwriting();
    distrusts_confirmation();
    refuses_hostile_headers();
    cuts_the_last_slot();
    recovers_from_a_broken_header();
    return check_summary();
}
