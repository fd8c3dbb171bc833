#include "sound/wav_header.h"

#include <string.h>

#include "core/bytes.h"
#include "core/chanmap.h"
#include "tests/support/check.h"

#define NO_SIZE 0xffffffffu
#define SOUND 0x5a /* what stands after the header */

/* A file in memory, given out in order and no further than it goes. */
struct file {
    uint8_t bytes[512];
    size_t length, at;
};

static size_t read_file(void *context, uint8_t *to, size_t bytes)
{
    struct file *file = context;

    if (bytes > file->length - file->at)
        bytes = file->length - file->at;
    memcpy(to, file->bytes + file->at, bytes);
    file->at += bytes;
    return bytes;
}

static void put(struct file *file, const void *bytes, size_t count)
{
    memcpy(file->bytes + file->length, bytes, count);
    file->length += count;
}

static void put_chunk(struct file *file, const char *id, uint32_t says, size_t body)
{
    put(file, id, 4);
    bytes_put_u32(file->bytes + file->length, says);
    file->length += 4;
    memset(file->bytes + file->length, 0, body);
    file->length += body;
}

static void begin(struct file *file, const char *id)
{
    memset(file, 0, sizeof *file);
    put_chunk(file, id, NO_SIZE, 0);
    put(file, "WAVE", 4);
}

struct fmt {
    uint32_t size; /* 14, 16, 18, 40 or one that is wrong */
    uint16_t tag, channels;
    uint32_t rate_hz;
    uint16_t frame_bytes, bits;
    uint32_t mask;
    uint16_t subtag; /* of 40 */
};

static void put_fmt(struct file *file, const struct fmt *fmt)
{
    static const uint8_t tail[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
    uint8_t *body;

    put_chunk(file, "fmt ", fmt->size, fmt->size + fmt->size % 2);
    body = file->bytes + file->length - fmt->size - fmt->size % 2;
    bytes_put_u16(body, fmt->tag);
    bytes_put_u16(body + 2, fmt->channels);
    bytes_put_u32(body + 4, fmt->rate_hz);
    bytes_put_u32(body + 8, 12345); /* nobody needs it */
    bytes_put_u16(body + 12, fmt->frame_bytes);
    if (fmt->size >= 16)
        bytes_put_u16(body + 14, fmt->bits);
    if (fmt->size < 40)
        return;
    bytes_put_u16(body + 16, 22);
    bytes_put_u32(body + 20, fmt->mask);
    bytes_put_u16(body + 24, fmt->subtag);
    memcpy(body + 26, tail, sizeof tail);
}

static void put_data(struct file *file, uint32_t says)
{
    put_chunk(file, "data", says, 0);
    put(file, (uint8_t[]){SOUND}, 1);
}

static enum wav_fault read_back(struct file *file, struct wav_header *header)
{
    file->at = 0;
    return wav_header_read(read_file, file, header);
}

static void test_formats(void)
{
    static const struct {
        struct fmt fmt;
        enum wav_fault fault;
        struct format format;
        bool is_float;
    } cases[] = {
        /* plain headers of each length */
        {{14, 1, 2, 48000, 4, 0, 0, 0}, WAV_OK, {1, 16, 2, 3}, false},
        {{16, 1, 2, 48000, 4, 16, 0, 0}, WAV_OK, {1, 16, 2, 3}, false},
        {{18, 1, 2, 44100, 4, 16, 0, 0}, WAV_OK, {129, 16, 2, 3}, false},
        {{19, 1, 2, 44100, 4, 16, 0, 0}, WAV_OK, {129, 16, 2, 3}, false},
        {{100, 1, 2, 44100, 4, 16, 0, 0}, WAV_OK, {129, 16, 2, 3}, false},
        {{16, 1, 1, 48000, 2, 16, 0, 0}, WAV_OK, {1, 16, 1, 3}, false},
        {{16, 1, 6, 96000, 18, 24, 0, 0}, WAV_OK, {2, 24, 6, 0x3f}, false},
        {{16, 1, 8, 192000, 32, 32, 0, 0}, WAV_OK, {4, 32, 8, 0x63f}, false},
        {{16, 1, 3, 48000, 6, 16, 0, 0}, WAV_OK, {1, 16, 3, 7}, false},
        {{16, 3, 2, 48000, 8, 32, 0, 0}, WAV_OK, {1, 32, 2, 3}, true},
        /* valid bits in a larger container */
        {{16, 1, 2, 48000, 8, 24, 0, 0}, WAV_OK, {1, 32, 2, 3}, false},
        {{16, 1, 2, 48000, 6, 20, 0, 0}, WAV_OK, {1, 24, 2, 3}, false},
        {{16, 1, 2, 48000, 4, 12, 0, 0}, WAV_OK, {1, 16, 2, 3}, false},
        /* extensible ones: the mask as it stands, low 16 bits */
        {{40, 0xfffe, 2, 48000, 4, 16, 3, 1}, WAV_OK, {1, 16, 2, 3}, false},
        {{40, 0xfffe, 2, 48000, 4, 16, 0, 1}, WAV_OK, {1, 16, 2, 0}, false},
        {{40, 0xfffe, 6, 48000, 24, 32, 0x60f, 1}, WAV_OK, {1, 32, 6, 0x60f}, false},
        {{40, 0xfffe, 2, 48000, 8, 32, 0xffff0003, 1}, WAV_OK, {1, 32, 2, 3}, false},
        {{40, 0xfffe, 2, 48000, 8, 32, 3, 3}, WAV_OK, {1, 32, 2, 3}, true},
        {{42, 0xfffe, 2, 48000, 6, 24, 3, 1}, WAV_OK, {1, 24, 2, 3}, false},
        /* what cannot be sent */
        {{16, 1, 2, 48000, 2, 8, 0, 0}, WAV_BAD_BITS, {0}, false},
        {{16, 1, 2, 48000, 16, 64, 0, 0}, WAV_BAD_BITS, {0}, false},
        {{16, 3, 2, 48000, 16, 64, 0, 0}, WAV_BAD_BITS, {0}, true},
        {{16, 3, 2, 48000, 4, 16, 0, 0}, WAV_BAD_BITS, {0}, true},
        {{16, 3, 2, 48000, 8, 24, 0, 0}, WAV_BAD_BITS, {0}, true},
        {{16, 1, 9, 48000, 18, 16, 0, 0}, WAV_BAD_CHANNELS, {0}, false},
        {{16, 1, 32767, 48000, 65534, 16, 0, 0}, WAV_BAD_CHANNELS, {0}, false},
        {{16, 1, 2, 22050, 4, 16, 0, 0}, WAV_BAD_RATE, {0}, false},
        {{16, 1, 2, 0, 4, 16, 0, 0}, WAV_BAD_RATE, {0}, false},
        {{16, 1, 2, 0xffffffff, 4, 16, 0, 0}, WAV_BAD_RATE, {0}, false},
        {{16, 0x55, 2, 48000, 4, 16, 0, 0}, WAV_COMPRESSED, {0}, false},
        {{18, 2, 2, 48000, 4, 4, 0, 0}, WAV_COMPRESSED, {0}, false},
        {{40, 0xfffe, 2, 48000, 4, 16, 3, 0x92}, WAV_COMPRESSED, {0}, false},
        /* what contradicts itself */
        {{0, 1, 2, 48000, 4, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{13, 1, 2, 48000, 4, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{16, 1, 0, 48000, 4, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{14, 1, 0, 48000, 4, 0, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{16, 1, 2, 48000, 0, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{16, 1, 2, 48000, 3, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{16, 1, 2, 48000, 4, 24, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{16, 1, 2, 48000, 4, 0, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{18, 0xfffe, 2, 48000, 4, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
        {{39, 0xfffe, 2, 48000, 4, 16, 0, 0}, WAV_BROKEN_FORMAT, {0}, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wav_header header;
        struct file file;
        enum wav_fault fault;

        begin(&file, "RIFF");
        /* Bodies of less than 14 bytes do not hold the fields; room for them is left after. */
        if (cases[i].fmt.size < 14)
            put_chunk(&file, "fmt ", cases[i].fmt.size, cases[i].fmt.size + cases[i].fmt.size % 2);
        else
            put_fmt(&file, &cases[i].fmt);
        put_data(&file, 4000);
        fault = read_back(&file, &header);
        CHECK(fault == cases[i].fault, "%zu: %d", i, (int)fault);
        CHECK(header.is_float == cases[i].is_float, "%zu", i);
        if (fault != WAV_OK)
            continue;
        CHECK(format_equal(&header.format, &cases[i].format), "%zu: mask %x", i,
              header.format.mask);
        CHECK(header.data_bytes == 4000, "%zu", i);
        CHECK(file.bytes[file.at] == SOUND, "%zu: stops where the sound begins", i);
    }
}

static void test_sizes(void)
{
    static const struct {
        const char *id;
        uint32_t size;
        uint64_t long_size; /* of ds64; 0: there is none */
        uint64_t data_bytes;
    } cases[] = {
        {"RIFF", 1, 0, 1},
        {"RIFF", 4001, 0, 4001},
        {"RIFF", 0x7ffeffff, 0, 0x7ffeffff},
        {"RIFF", 0x80000001, 0, 0x80000001},
        {"RIFF", 0xfffeffff, 0, 0xfffeffff},
        {"RIFF", 0, 0, WAV_DATA_UNKNOWN},
        {"RIFF", 0x7fff0000, 0, WAV_DATA_UNKNOWN},
        {"RIFF", 0x7ffff000, 0, WAV_DATA_UNKNOWN},
        {"RIFF", 0x80000000, 0, WAV_DATA_UNKNOWN},
        {"RIFF", 0xffff0000, 0, WAV_DATA_UNKNOWN},
        {"RIFF", NO_SIZE, 0, WAV_DATA_UNKNOWN},
        {"RIFF", NO_SIZE, 1000, WAV_DATA_UNKNOWN}, /* RIFF has no ds64 */
        {"RF64", NO_SIZE, 5000000000, 5000000000},
        {"BW64", NO_SIZE, 5000000000, 5000000000},
        {"RF64", 4000, 5000000000, 4000},
        {"RF64", NO_SIZE, 4000, 4000},
        {"RF64", NO_SIZE, UINT64_MAX, WAV_DATA_UNKNOWN},
        {"RF64", NO_SIZE, 0, WAV_DATA_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wav_header header;
        struct file file;

        begin(&file, cases[i].id);
        if (cases[i].long_size) {
            put_chunk(&file, "ds64", 28, 28);
            bytes_put_u64(file.bytes + file.length - 20, cases[i].long_size);
        }
        put_fmt(&file, &(struct fmt){16, 1, 2, 48000, 4, 16, 0, 0});
        put_data(&file, cases[i].size);
        CHECK(read_back(&file, &header) == WAV_OK, "%zu", i);
        CHECK(header.data_bytes == cases[i].data_bytes, "%zu: %llx", i,
              (unsigned long long)header.data_bytes);
    }
}

/* Chunks that nobody knows, odd ones with their padding, and ones that lie about their size. */
static void test_chunks(void)
{
    static const struct fmt fmt = {16, 1, 2, 48000, 4, 16, 0, 0};
    static const struct {
        uint32_t says;
        size_t body;
        enum wav_fault fault;
    } cases[] = {
        {0, 0, WAV_OK},
        {1, 2, WAV_OK},
        {7, 8, WAV_OK},
        {100, 100, WAV_OK},
        {0x7fffffff, 9, WAV_CUT_SHORT},
        {NO_SIZE, 9, WAV_CUT_SHORT},
        {300, 10, WAV_CUT_SHORT},
    };
    struct wav_header header;
    struct file file;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(&file, "RIFF");
        put_chunk(&file, "LIST", cases[i].says, cases[i].body);
        put_fmt(&file, &fmt);
        put_chunk(&file, "fact", 4, 4);
        put_data(&file, 4);
        CHECK(read_back(&file, &header) == cases[i].fault, "%zu", i);
        if (cases[i].fault == WAV_OK)
            CHECK(file.bytes[file.at] == SOUND, "%zu", i);
    }

    begin(&file, "RIFF");
    put_data(&file, 4);
    CHECK(read_back(&file, &header) == WAV_NO_FORMAT, "sound before its format");
    begin(&file, "RF64");
    put_chunk(&file, "ds64", 8, 8);
    put_fmt(&file, &fmt);
    put_data(&file, NO_SIZE);
    CHECK(read_back(&file, &header) == WAV_OK, "a short ds64");
    CHECK(header.data_bytes == WAV_DATA_UNKNOWN, "a short ds64 says nothing");
    begin(&file, "RIFX");
    CHECK(read_back(&file, &header) == WAV_NOT_WAV, "big endian");
    begin(&file, "RIFF");
    memcpy(file.bytes + 8, "AVI ", 4);
    CHECK(read_back(&file, &header) == WAV_NOT_WAV, "another kind of RIFF");
}

/* An input that ends anywhere before the sound. */
static void test_ends(void)
{
    struct wav_header header;
    struct file file;
    size_t whole;

    begin(&file, "RF64");
    put_chunk(&file, "ds64", 28, 28);
    put_fmt(&file, &(struct fmt){40, 0xfffe, 2, 48000, 4, 16, 3, 1});
    put_chunk(&file, "JUNK", 5, 6);
    put_data(&file, 4);
    whole = file.length - 1;
    for (size_t length = 0; length < whole; length++) {
        file.length = length;
        CHECK(read_back(&file, &header) == (length < 12 ? WAV_NOT_WAV : WAV_CUT_SHORT), "%zu",
              length);
    }
    file.length = whole;
    CHECK(read_back(&file, &header) == WAV_OK, "a header alone is whole");
}

static void test_write(void)
{
    static const uint8_t codes[] = {1, 2, 4, 127, 129, 130, 132, 255};
    static const uint8_t widths[] = {16, 24, 32};
    static const uint64_t sizes[] = {
        2,          4096,        0xfffeff00,         0xfffffff6 - 96, 0xfffffff7,
        0xffffffff, 0x100000000, 0x123456789abcdef0, WAV_DATA_UNKNOWN};

    for (uint32_t i = 0; i < sizeof codes * 3 * 8 * (sizeof sizes / sizeof *sizes); i++) {
        uint64_t size = sizes[i % 9];
        uint8_t channels = (uint8_t)(i / 9 % 8 + 1);
        struct format format = {codes[i / 9 / 8 / 3], widths[i / 9 / 8 % 3], channels,
                                chanmap_default_mask(channels)};
        bool is_long = size != WAV_DATA_UNKNOWN && size >= 0xffffffff - 96;
        uint8_t positions[255], read_positions[255];
        struct wav_header header;
        struct file file;

        memset(&file, SOUND, sizeof file);
        wav_header_write(file.bytes, &format, size);
        file.length = WAV_HEADER_BYTES + 1;
        CHECK(file.bytes[WAV_HEADER_BYTES] == SOUND, "%u", i);
        CHECK(memcmp(file.bytes, is_long ? "RF64" : "RIFF", 4) == 0, "%u", i);
        CHECK(read_back(&file, &header) == WAV_OK, "%u", i);
        CHECK(file.at == WAV_HEADER_BYTES, "%u", i);
        CHECK(header.data_bytes == (size > 0xffff0000 && !is_long ? WAV_DATA_UNKNOWN : size),
              "%u: %llx", i, (unsigned long long)size);
        chanmap_positions(format.mask, channels, positions);
        chanmap_positions(header.format.mask, channels, read_positions);
        CHECK(memcmp(positions, read_positions, channels) == 0, "%u", i);
        header.format.mask = format.mask;
        CHECK(format_equal(&header.format, &format), "%u", i);
    }
}

/* Plain headers where they say all, extensible ones elsewhere; a lone channel is never called left.
 */
static void test_write_masks(void)
{
    static const struct {
        struct format format;
        uint16_t tag;
        uint16_t mask;
    } cases[] = {
        {{1, 16, 1, 3}, 1, 3},
        {{1, 16, 1, 0}, 1, 3},
        {{1, 16, 1, 4}, 1, 3},
        {{1, 16, 1, 8}, 0xfffe, 8},
        {{1, 24, 1, 3}, 0xfffe, 4},
        {{1, 24, 1, 0}, 0xfffe, 4},
        {{1, 16, 2, 3}, 1, 3},
        {{1, 16, 2, 0}, 1, 3},
        {{1, 16, 2, 0x30}, 0xfffe, 0x30},
        {{1, 24, 2, 3}, 0xfffe, 3},
        {{1, 16, 6, 0x60f}, 0xfffe, 0x60f},
        {{1, 16, 6, 0}, 0xfffe, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wav_header header;
        struct file file = {.length = WAV_HEADER_BYTES};

        wav_header_write(file.bytes, &cases[i].format, 1000);
        CHECK(bytes_get_u16(file.bytes + 12 + 36 + 8) == cases[i].tag, "%zu", i);
        CHECK(read_back(&file, &header) == WAV_OK, "%zu", i);
        CHECK(header.format.mask == cases[i].mask, "%zu: %x", i, header.format.mask);
    }
}

int main(void)
{
    test_formats();
    test_sizes();
    test_chunks();
    test_ends();
    test_write();
    test_write_masks();
    return check_summary();
}
