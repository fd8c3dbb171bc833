/* When a frame sounds: what each pull has to give, and at which ratio, so that frame n sounds at
 * its own time by the sender's clock plus the target latency. The timing of a playout without its
 * samples; the pulling thread's own. Real-time safe. */
#ifndef STREAM_STEER_H
#define STREAM_STEER_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/drift.h"
#include "stream/jitter.h"

enum steer_mode {
    STEER_RESAMPLE, /* the ratio follows the sender's clock */
    STEER_SLIP,     /* ... is 1; whole frames are dropped or repeated where it cannot be heard */
    STEER_OFF,      /* ... is 1 */
};

/* What the receiving thread tells: the sender's line and the latency to hold. */
struct steer_model {
    uint64_t origin_ns;
    uint64_t first; /* the line holds from this position on; frames before have the one before */
    int64_t frames;
    double at_s, rate, frame_s; /* as in struct drift */
    double age_s;               /* how long the line has been learned */
    double target_s, most_s;    /* most_s > 0: the lead is yet to be added, up to most_s in all */
    uint64_t not_before_ns;     /* the line may still leap: sound does not begin sooner */
};

struct steer {
    enum steer_mode mode;
    struct steer_model model, held; /* in force; told, but its `first` is not yet reached */
    bool informed, holding;         /* there is a model; one is held */
    struct drift output;
    uint64_t pulled; /* frames, by the output's clock */
    bool sounding;
    double ratio, smooth; /* after two and after one stage of smoothing */
    struct peak lead;     /* s from a pull to the sound of its last frame */
    double target_s;      /* with the lead */
    double error_s;       /* at the last pull: > 0: it sounds too late */
    uint32_t dry, jumped; /* fades out: nothing was there; too far from where it should be */
};

/* One pull: silence first, then frames from `begin` on at the ratio, if `sounding`. */
struct steer_plan {
    uint32_t silence_frames;
    bool begin, sounding;
    uint64_t position; /* of the first frame, when it begins anew; what lies before it is too late
                        * for good, unless it goes on */
    double ratio;      /* input frames per output frame */
};

/* `rate_hz` is the output's nominal rate and the stream's. */
void steer_start(struct steer *steer, enum steer_mode mode, uint32_t rate_hz);

/* Takes a newer model. It comes into force when the frames before its `first` have sounded. */
void steer_inform(struct steer *steer, const struct steer_model *model);

/* `newest`, or the end of the frames that the model in force holds for. */
uint64_t steer_end(const struct steer *steer, uint64_t newest);

/* Plans a pull of `frames` at `now_ns` whose first frame sounds at `when_ns`. Input from position
 * `oldest` to before `newest` is there; `next` is the position of the next output frame if it goes
 * on; `delay_frames` are needed beyond the last position. */
struct steer_plan steer_pull(struct steer *steer, uint32_t frames, uint64_t when_ns,
                             uint64_t now_ns, double next, uint64_t oldest, uint64_t newest,
                             uint32_t delay_frames);

/* The input ended within a pull. */
void steer_ran_dry(struct steer *steer);

/* How long before the last frame of a pull sounds it has to be there, at most, of late. */
double steer_lead_s(const struct steer *steer);

#endif
