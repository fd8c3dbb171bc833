#include "stream/playout.h"

#include "core/atomic.h"
#include "core/bytes.h"

#define RING_BYTES_MAX (1u << 31)

uint32_t playout_memory_bytes(const struct format *format, uint32_t max_frames)
{
    uint64_t wanted = 2ull * max_frames * format_frame_bytes(format);
    uint32_t bytes = 1;

    if (wanted > RING_BYTES_MAX)
        return 0;
    while (bytes < wanted)
        bytes *= 2;
    return bytes;
}

void playout_start(struct playout *playout, uint8_t *memory, const struct format *format,
                   uint32_t target_frames, uint32_t max_frames)
{
    *playout = (struct playout){
        .frame_bytes = format_frame_bytes(format),
        .target_frames = target_frames,
        .max_frames = max_frames,
        .mode = PLAYOUT_HOLD,
    };
    spsc_init(&playout->ring, memory, playout_memory_bytes(format, max_frames));
}

void playout_set_mode(struct playout *playout, enum playout_mode mode)
{
    atomic_put_release(&playout->mode, mode);
}

/* How many of the next `bytes` belong to frames that are left out: the first ones. */
static size_t cut(struct playout *playout, size_t bytes)
{
    size_t gone = playout->cut_bytes < bytes ? playout->cut_bytes : bytes;

    playout->cut_bytes -= (uint32_t)gone;
    return gone;
}

void playout_push(struct playout *playout, const uint8_t *pcm, size_t bytes)
{
    uint32_t room = playout->ring.size - spsc_fill(&playout->ring);
    size_t gone = cut(playout, bytes);
    size_t kept = bytes - gone;

    if (kept > room) {
        size_t frames = (kept - room + playout->frame_bytes - 1) / playout->frame_bytes;

        playout->refused_frames += (uint32_t)frames;
        playout->cut_bytes = (uint32_t)(frames * playout->frame_bytes);
        gone += cut(playout, kept);
        kept = bytes - gone;
    }
    spsc_write(&playout->ring, pcm + gone, (uint32_t)kept);
    playout->partial_bytes = (uint32_t)((playout->partial_bytes + bytes) % playout->frame_bytes);
}

void playout_end_frame(struct playout *playout)
{
    static const uint8_t silence[FORMAT_FRAME_BYTES_MAX];

    if (playout->partial_bytes > 0)
        playout_push(playout, silence, playout->frame_bytes - playout->partial_bytes);
}

/* Silence of signed PCM is zero in every format. */
void playout_pull(void *context, uint8_t *pcm, size_t frames, uint64_t when_ns)
{
    struct playout *playout = context;
    uint32_t mode = atomic_get_acquire(&playout->mode);
    uint32_t fill = spsc_fill(&playout->ring) / playout->frame_bytes;
    uint32_t start = playout->target_frames;
    size_t given = 0;

    (void)when_ns;
    if (start < frames)
        start = frames < playout->max_frames ? (uint32_t)frames : playout->max_frames;
    if (mode != PLAYOUT_HOLD && fill > playout->max_frames) {
        spsc_consume(&playout->ring, (fill - start) * playout->frame_bytes);
        atomic_put_release(&playout->skipped_frames, playout->skipped_frames + fill - start);
        fill = start;
    }
    if (mode == PLAYOUT_FINISH ? fill > 0 : mode == PLAYOUT_RUN && fill >= start)
        playout->sounding = true;
    if (playout->sounding) {
        given = fill < frames ? fill : frames;
        spsc_read(&playout->ring, pcm, (uint32_t)given * playout->frame_bytes);
        if (given < frames) {
            playout->sounding = false;
            if (mode == PLAYOUT_RUN)
                atomic_put_release(&playout->underruns, playout->underruns + 1);
        }
    }
    bytes_zero(pcm + given * playout->frame_bytes, (frames - given) * playout->frame_bytes);
}

uint32_t playout_fill_frames(const struct playout *playout)
{
    return spsc_fill(&playout->ring) / playout->frame_bytes;
}

uint32_t playout_underruns(const struct playout *playout)
{
    return atomic_get_acquire(&playout->underruns);
}

uint32_t playout_dropped_frames(const struct playout *playout)
{
    return playout->refused_frames + atomic_get_acquire(&playout->skipped_frames);
}
