#include "stream/steer.h"

#include <math.h>

#define LEAD_BIN_NS 8000000000ull

/* Time constant of the loop: a part of what the line has been learned over. */
#define TAU_SHARE 0.3
#define TAU_LEAST_S 0.5
#define TAU_MOST_S 32.0
#define SMOOTH 6.0 /* stages this much faster */

#define PULL_MOST 1.5e-3  /* the ratio's largest deviation for an error's sake */
#define JUMP_S 0.1        /* too late by more is not made up for but skipped */
#define WHEN_JUMP_S 20e-3 /* the output's clock jumped, or its buffer ran empty */

void steer_start(struct steer *steer, enum steer_mode mode, uint32_t rate_hz)
{
    *steer = (struct steer){.mode = mode, .ratio = 1, .smooth = 1};
    drift_start(&steer->output, DRIFT_MEAN, rate_hz);
    peak_start(&steer->lead, LEAD_BIN_NS);
}

void steer_inform(struct steer *steer, const struct steer_model *model)
{
    steer->held = *model;
    steer->holding = true;
}

static void take_held(struct steer *steer, double next, uint32_t delay_frames)
{
    if (!steer->holding || (steer->sounding && steer->held.first != steer->model.first &&
                            next + delay_frames < (double)steer->held.first))
        return;
    if (steer->informed && steer->held.first > steer->model.first)
        steer->sounding = false;
    steer->model = steer->held;
    steer->holding = false;
    steer->informed = true;
}

uint64_t steer_end(const struct steer *steer, uint64_t newest)
{
    return steer->holding && steer->held.first < newest ? steer->held.first : newest;
}

double steer_lead_s(const struct steer *steer)
{
    return peak_value(&steer->lead);
}

void steer_ran_dry(struct steer *steer)
{
    steer->sounding = false;
    steer->dry++;
}

/* The position that should sound at `when_ns` plus `late_s`. */
static double due(const struct steer *steer, uint64_t when_ns, double late_s)
{
    const struct steer_model *model = &steer->model;
    double time_s = (double)(int64_t)(when_ns - model->origin_ns) * 1e-9 + late_s;

    return (double)model->frames +
           (time_s - steer->target_s - model->at_s) / (model->frame_s * (1 + model->rate));
}

/* Follows the output's clock; returns what to add to `when_ns` to take its noise off. */
static double follow_output(struct steer *steer, uint32_t frames, uint64_t when_ns)
{
    double late_s = 0;

    if (steer->output.anchored) {
        late_s = drift_late_s(&steer->output, steer->pulled, when_ns);
        if (fabs(late_s) > WHEN_JUMP_S) {
            drift_restart(&steer->output);
            late_s = 0;
        }
    }
    drift_observe(&steer->output, steer->pulled, when_ns);
    steer->pulled += frames;
    return -late_s;
}

static double clamp(double value, double most)
{
    return fmax(-most, fmin(most, value));
}

static void turn(struct steer *steer, double error_s, double dt_s)
{
    double tau = fmax(TAU_LEAST_S, fmin(TAU_MOST_S, TAU_SHARE * steer->model.age_s));
    double wanted =
        (1 + steer->output.rate) / (1 + steer->model.rate) + clamp(error_s / tau, PULL_MOST);
    double step = 1 - exp(-dt_s * SMOOTH / tau);

    steer->smooth += step * (wanted - steer->smooth);
    steer->ratio += step * (steer->smooth - steer->ratio);
}

/* Where to begin: at the position that is due, or at the first there is when that is not yet. */
static struct steer_plan begin(struct steer *steer, uint32_t frames, double position,
                               uint64_t oldest, uint64_t newest, uint32_t delay_frames)
{
    struct steer_plan plan = {.silence_frames = frames, .ratio = 1};
    double wait = (double)oldest - position;
    double from = wait > 0 ? (double)oldest : floor(position);
    double rest = frames - fmax(0, ceil(wait));

    plan.position = from < (double)newest ? (uint64_t)from : newest;
    if (!(rest > 0) || from + rest + delay_frames + 1 > (double)newest)
        return plan;
    plan.silence_frames = frames - (uint32_t)rest;
    plan.begin = plan.sounding = steer->sounding = true;
    steer->smooth = steer->ratio = (1 + steer->output.rate) / (1 + steer->model.rate);
    plan.ratio = steer->mode == STEER_RESAMPLE ? steer->ratio : 1;
    return plan;
}

struct steer_plan steer_pull(struct steer *steer, uint32_t frames, uint64_t when_ns,
                             uint64_t now_ns, double next, uint64_t oldest, uint64_t newest,
                             uint32_t delay_frames)
{
    struct steer_plan plan = {.silence_frames = frames, .position = oldest, .ratio = 1};
    double frame_s = steer->output.frame_s;
    double late_s = follow_output(steer, frames, when_ns);
    double position;

    peak_add(&steer->lead,
             (double)(int64_t)(when_ns - now_ns) * 1e-9 + (frames + delay_frames + 1) * frame_s,
             now_ns);
    take_held(steer, next, delay_frames);
    if (!steer->informed)
        return plan;
    if (oldest < steer->model.first)
        oldest = steer->model.first < newest ? steer->model.first : newest;
    steer->target_s = steer->model.target_s;
    if (steer->model.most_s > 0)
        steer->target_s = fmin(steer->target_s + steer_lead_s(steer), steer->model.most_s);
    position = due(steer, when_ns, late_s);
    if (!steer->sounding && now_ns < steer->model.not_before_ns)
        return plan;
    if (!steer->sounding)
        return begin(steer, frames, position, oldest, newest, delay_frames);
    steer->error_s = (position - next) * frame_s;
    if (steer->error_s > JUMP_S) {
        steer->jumped++;
        steer->sounding = false;
        return plan;
    }
    turn(steer, steer->error_s, frames * frame_s);
    plan.silence_frames = 0;
    plan.sounding = true;
    plan.ratio = steer->mode == STEER_RESAMPLE ? steer->ratio : 1;
    return plan;
}
