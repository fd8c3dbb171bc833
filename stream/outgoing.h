/* From frames to datagrams: conversion, silence gate and packetizer. */
#ifndef STREAM_OUTGOING_H
#define STREAM_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "core/packetizer.h"
#include "core/silence.h"

/* Takes a datagram, valid during the call. False: stop. */
typedef bool outgoing_send_fn(void *context, const uint8_t *datagram, size_t length);

struct outgoing {
    struct silence_gate gate;
    struct packetizer packetizer;
    uint32_t frame_bytes;
    outgoing_send_fn *send;
    void *context;
    uint64_t frames;     /* pushed */
    uint64_t suppressed; /* of them, held back as silence */
    uint64_t datagrams;
    uint64_t clipped; /* float samples over full scale, or no numbers */
};

/* Starts a stream of a legal format. `silence_samples` as in silence_start(). */
void outgoing_start(struct outgoing *outgoing, const struct format *format,
                    uint32_t silence_samples, outgoing_send_fn *send, void *context);

/* Takes frames and sends each datagram as soon as it is full. What does not fill one waits, also
 * through silence that is held back, as in the original driver. False when `send` said so; the
 * rest of the frames is lost. */
bool outgoing_push(struct outgoing *outgoing, const uint8_t *pcm, size_t frames);

/* The same for 32-bit float, full scale 1.0, in a stream of 32 bits. */
bool outgoing_push_float(struct outgoing *outgoing, const uint8_t *pcm, size_t frames);

/* Ends the stream: what waits is filled up with silence and sent. */
bool outgoing_flush(struct outgoing *outgoing);

#endif
