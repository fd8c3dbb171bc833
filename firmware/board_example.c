/* The glue of a board, to be replaced: a Cortex-M3 whose Ethernet and I2S exist on paper only.
 * What a real one does otherwise: clocks and pins, the controllers' own registers, DHCP, and IGMP,
 * without which most switches keep the group's packets away. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wire.h"
#include "firmware/frame.h"
#include "firmware/loudspeaker.h"

#define HALF_FRAMES 240u  /* 5 ms at 48 kHz */
#define RING_FRAMES 2048u /* 43 ms at 48 kHz, half of which is the latency */

struct i2s_registers {
    uint32_t control;     /* bit 0: run */
    uint32_t rate_hz;     /* of the frames, 32 bits each left and right */
    uint32_t buffer;      /* address that the DMA goes round */
    uint32_t half_frames; /* an interrupt after each half */
    uint32_t status;      /* bit 0: which half is free; written 1: interrupt done */
};

struct ethernet_registers {
    uint32_t status; /* bit 0: a frame waits */
    uint32_t length; /* its bytes, without checksum */
    uint32_t data;   /* four bytes at each read, the first one lowest */
    uint32_t drop;   /* written 1: the frame is done with */
};

struct timer_registers {
    uint32_t now_ms;
};

#define I2S ((volatile struct i2s_registers *)0x40020000)
#define ETHERNET ((volatile struct ethernet_registers *)0x40028000)
#define TIMER ((volatile struct timer_registers *)0x40001000)
#define NVIC_ENABLE ((volatile uint32_t *)0xe000e100)
#define I2S_INTERRUPT 10u

static struct loudspeaker speaker;
static int32_t ring[2 * RING_FRAMES];
static int32_t buffer[2][2 * HALF_FRAMES];

void reset_handler(void);
void i2s_handler(void);

void i2s_handler(void)
{
    uint32_t half = I2S->status & 1;

    I2S->status = 1;
    loudspeaker_fill(&speaker, buffer[half], HALF_FRAMES);
}

static bool i2s_can(uint32_t rate_hz)
{
    return rate_hz <= 192000;
}

static void i2s_start(uint32_t rate_hz)
{
    for (uint32_t i = 0; i < 2 * HALF_FRAMES; i++)
        buffer[0][i] = buffer[1][i] = 0;
    I2S->rate_hz = rate_hz;
    I2S->buffer = (uint32_t)(uintptr_t)buffer;
    I2S->half_frames = HALF_FRAMES;
    I2S->control = 1;
}

static void take(const struct frame_datagram *datagram)
{
    for (;;) {
        uint32_t rate_hz;

        if (loudspeaker_datagram(&speaker, datagram->payload, datagram->length, datagram->address,
                                 datagram->port, TIMER->now_ms, &rate_hz) != LOUDSPEAKER_NEW_RATE ||
            !i2s_can(rate_hz))
            return;
        I2S->control = 0;
        loudspeaker_set_rate(&speaker, rate_hz);
        i2s_start(rate_hz);
    }
}

static void receive(void)
{
    static uint32_t frame[1520 / 4];
    uint32_t length = ETHERNET->length;
    struct frame_datagram datagram;

    if (length <= sizeof frame) {
        for (uint32_t i = 0; i < (length + 3) / 4; i++)
            frame[i] = ETHERNET->data;
        if (frame_find_datagram((const uint8_t *)frame, length, WIRE_DEFAULT_PORT, &datagram))
            take(&datagram);
    }
    ETHERNET->drop = 1;
}

static void run(void)
{
    loudspeaker_init(&speaker, ring, RING_FRAMES);
    *NVIC_ENABLE = 1u << I2S_INTERRUPT;
    for (;;) {
        if (ETHERNET->status & 1)
            receive();
    }
}

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

void reset_handler(void)
{
    for (uint32_t *from = data_load, *to = data_start; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;)
        *to++ = 0;
    run();
}

static void fault_handler(void)
{
    for (;;)
        ;
}

union vector {
    uint32_t *stack;
    void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16 + 32] = {
    {.stack = stack_top},
    {.handler = reset_handler},
    {.handler = fault_handler}, /* NMI */
    {.handler = fault_handler}, /* hard fault */
    {.handler = fault_handler}, /* memory management */
    {.handler = fault_handler}, /* bus */
    {.handler = fault_handler}, /* usage */
    [16 + I2S_INTERRUPT] = {.handler = i2s_handler},
};
