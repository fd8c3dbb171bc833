/* Headers of WAV and RF64 files (EBU Tech 3306): reading those of others, which are never believed,
 * and writing ours. */
#ifndef SOUND_WAV_HEADER_H
#define SOUND_WAV_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"

#define WAV_DATA_UNKNOWN UINT64_MAX

#define WAV_TAG_PCM 0x0001u
#define WAV_TAG_FLOAT 0x0003u
#define WAV_TAG_EXTENSIBLE 0xfffeu

enum wav_fault {
    WAV_OK,
    WAV_NOT_WAV,       /* neither RIFF nor RF64, or not WAVE */
    WAV_CUT_SHORT,     /* ends before its sound begins */
    WAV_NO_FORMAT,     /* sound without a format before it */
    WAV_BROKEN_FORMAT, /* a format that contradicts itself */
    WAV_COMPRESSED,    /* neither integer nor float PCM; `tag` says what */
    WAV_BAD_BITS,      /* PCM, but not of 16, 24 or 32 bits integer or 32 bits float; `bits` */
    WAV_BAD_CHANNELS,  /* more than FORMAT_SEND_CHANNELS_MAX; `channels` */
    WAV_BAD_RATE,      /* the wire has no such rate; `rate_hz` */
};

struct wav_header {
    struct format format; /* as it goes on the wire; of float: what it becomes, 32 bits */
    bool is_float;
    uint64_t data_bytes; /* of PCM; WAV_DATA_UNKNOWN: until the input ends */
    uint32_t said_bytes; /* what the data chunk says, be it believed or not */
    /* As the file says them, for messages: */
    uint16_t tag;
    uint16_t bits; /* of a sample's container */
    uint16_t channels;
    uint32_t rate_hz;
};

/* Reads `bytes` bytes in order; returns how many there were: fewer only at the end of the input. */
typedef size_t wav_read_fn(void *context, uint8_t *to, size_t bytes);

/* Reads a header, to the first byte of sound and no further; needs no seeking. Chunks that are not
 * known are passed over. A size of 0 or near the largest number, 2 or 4 GiB, which is what programs
 * write that cannot go back to correct it, is WAV_DATA_UNKNOWN. A plain header of more than two
 * channels gets their default mask, of one or two 0x0003, as the Windows driver gives them.
 * `*header` is whole on WAV_OK; on a fault the members that it names are set. */
enum wav_fault wav_header_read(wav_read_fn *read, void *context, struct wav_header *header);

/* A header is always that long, whatever it says, so that it can be written again at the end. */
#define WAV_HEADER_BYTES 104u

/* Writes a header for `data_bytes` bytes of PCM of a legal format. Beyond 4 GiB it is RF64. With
 * WAV_DATA_UNKNOWN it says so, in the way that wav_header_read() and others understand. A byte of 0
 * has to follow an odd number of bytes. */
void wav_header_write(uint8_t out[WAV_HEADER_BYTES], const struct format *format,
                      uint64_t data_bytes);

#endif
