/* A sender whose block is no multiple of its packet sends in a cycle: after so many packets they
 * fall on its blocks as before. Within it each packet has a delay of its own, the time that its
 * first frames waited for the packet to be full and its last for the block to be. */
#ifndef STREAM_CYCLE_H
#define STREAM_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#define CYCLE_MOST 64u /* packets in the longest cycle that is learned */

struct cycle {
    double frame_s;
    uint32_t rate_hz, packet_frames, block_frames; /* block_frames 0: not known */
    uint32_t count, now, packets;                  /* in the cycle; the next one's place; learned */
    double least[2][CYCLE_MOST];                   /* lateness, over one to two epochs */
    uint64_t epoch_ns;
    int32_t waits[CYCLE_MOST];
};

void cycle_start(struct cycle *cycle, uint32_t rate_hz);

/* The places are unknown again: packets were not counted. */
void cycle_lose_place(struct cycle *cycle);

/* Packets are of that many frames from here on. False when they were already. */
bool cycle_set_packet(struct cycle *cycle, uint32_t frames);

/* The mean block over so many `groups` of packets. True when that makes it another cycle, whose
 * delays are yet to be learned. */
bool cycle_set_block(struct cycle *cycle, double frames, uint32_t groups);

/* The next packet came, so late; the cycle moves on. */
void cycle_learn(struct cycle *cycle, double late_s, uint64_t now_ns);
void cycle_pass(struct cycle *cycle, uint32_t packets);

/* The delays are known; ... and for long enough to have learned what jitter goes with them. */
bool cycle_known(const struct cycle *cycle);
bool cycle_settled(const struct cycle *cycle);

/* The delay of the packet that comes `ahead` after the next one, by its place; 0 if not known. */
double cycle_delay_s(const struct cycle *cycle, int32_t ahead);

/* Frames of its block that are left over when the next packet goes out: their time is the packet's
 * time too. 0 in a cycle of one. False when they are not known. */
bool cycle_wait_frames(const struct cycle *cycle, uint32_t *frames);

#endif
