/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How long the running step will take: from the rate of the last minutes where they were seen, else from the rate
 * since the step's start. Nothing is said where nothing can be known: no total, nothing done yet, or a rate of zero.
 */

#include "base/macro.h"

/* The window of the rate, and how often it is sampled. */
#define ETA_WINDOW_USEC (120 * USEC_PER_SEC)
#define ETA_SAMPLES 24

/* The bounds: the estimate times 0.8 and times 1.3. They are wider upwards, since the last tasks of a step leave
 * workers idle. */
#define ETA_LOW_PERCENT 80
#define ETA_HIGH_PERCENT 130

typedef struct EtaSample {
        usec_t time_usec;
        uint64_t done;
} EtaSample;

/* Samples of one step of one report; zeroed is valid and empty. */
typedef struct Eta {
        uint32_t report;
        uint32_t step;
        unsigned n;
        EtaSample samples[ETA_SAMPLES]; /* oldest first */
} Eta;

/* Notes the counter of a running step; forgets everything when it is another step, or when the counter went back.
 * Samples that come faster than the window divided by their number are not kept. */
void eta_sample(Eta *e, uint32_t report, uint32_t step, usec_t now_usec, uint64_t done);

typedef struct EtaEstimate {
        double per_sec;  /* items, 0: not known, or none */
        usec_t low_usec; /* bounds of the time left; both 0: not known */
        usec_t high_usec;
} EtaEstimate;

/* Rate and time left of a step. started_usec: of the step; now_usec has to be of the same clock as the samples: one
 * that stands still while nobody may work on the step. e may be NULL or of another step: then the rate is the one
 * since the start. */
EtaEstimate eta_estimate(const Eta *e, uint32_t report, uint32_t step, usec_t now_usec, usec_t started_usec,
                         uint64_t done, uint64_t total);
