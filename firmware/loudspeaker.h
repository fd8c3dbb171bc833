/* A network loudspeaker's inside: datagrams in, stereo frames for an I2S double buffer out.
 *
 * Portable and without an operating system. Two contexts: the network's (loudspeaker_datagram, one
 * caller) and the I2S interrupt's (loudspeaker_fill), which may come at any moment between. */
#ifndef FIRMWARE_LOUDSPEAKER_H
#define FIRMWARE_LOUDSPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "core/spsc.h"

/* The first sender is heard until it was silent for so long. */
#define LOUDSPEAKER_HOLD_MS 1000u

/* Left and right, 32 bits each, full scale. */
#define LOUDSPEAKER_FRAME_BYTES 8u

struct loudspeaker {
    /* Between the two contexts. */
    struct spsc ring; /* of frames */
    uint32_t ring_frames;

    /* The network's. */
    uint32_t rate_hz; /* that I2S runs at; 0: stopped */
    uint32_t address; /* the sender's */
    uint16_t port;
    bool heard;
    uint32_t heard_ms;                       /* when its last datagram came */
    struct format format;                    /* of that one; rate_code 0: none yet */
    uint16_t gain[2][255];                   /* of each channel left and right, 32768 is 1 */
    uint8_t partial[FORMAT_FRAME_BYTES_MAX]; /* a frame that the last datagram began */
    uint32_t partial_bytes;
    uint32_t taken, malformed, other_sender; /* datagrams */
    uint32_t overrun_frames;                 /* no room: lost */

    /* The interrupt's. */
    bool sounding;
    uint32_t underruns;                       /* times the ring ran empty; a pause counts once */
    uint32_t skipped_frames, repeated_frames; /* one at a time, against drift between the clocks */
};

enum loudspeaker_verdict {
    LOUDSPEAKER_TAKEN,
    LOUDSPEAKER_MALFORMED,
    LOUDSPEAKER_OTHER_SENDER,
    LOUDSPEAKER_NEW_RATE, /* not taken: see loudspeaker_set_rate */
};

/* Starts with silence. `memory` holds `ring_frames` frames, a power of two of at least 8; half of
 * it is the latency. False when it is not. */
bool loudspeaker_init(struct loudspeaker *speaker, int32_t *memory, uint32_t ring_frames);

/* Takes one UDP payload from a sender. IPv4 address and port in any one byte order. `now_ms` runs
 * on and wraps. On LOUDSPEAKER_NEW_RATE `*rate_hz` is what I2S must run at: change it and give the
 * datagram again, or leave it if the board cannot. Otherwise `*rate_hz` is not touched. */
enum loudspeaker_verdict loudspeaker_datagram(struct loudspeaker *speaker, const uint8_t *datagram,
                                              size_t length, uint32_t address, uint16_t port,
                                              uint32_t now_ms, uint32_t *rate_hz);

/* Says that I2S runs at another rate now; what waited is forgotten. I2S must be stopped. */
void loudspeaker_set_rate(struct loudspeaker *speaker, uint32_t rate_hz);

/* From the interrupt of a DMA that finished one half of its buffer: fills that half with `frames`
 * frames, left and right in turn, silence where there are none. Real-time safe. */
void loudspeaker_fill(struct loudspeaker *speaker, int32_t *half, uint32_t frames);

#endif
