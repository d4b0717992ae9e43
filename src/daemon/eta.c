/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/eta.h"

#include <string.h>

/* A rate over less than that says nothing. */
#define ETA_SPAN_MIN_USEC (2 * USEC_PER_SEC)

void eta_sample(Eta *e, uint32_t report, uint32_t step, usec_t now_usec, uint64_t done) {
        const EtaSample *last = e->n > 0 ? &e->samples[e->n - 1] : NULL;

        if (e->report != report || e->step != step || (last && (done < last->done || now_usec < last->time_usec))) {
                *e = (Eta){ .report = report, .step = step };
                last = NULL;
        }
        if (last && now_usec - last->time_usec < ETA_WINDOW_USEC / ETA_SAMPLES)
                return;
        if (e->n == ETA_SAMPLES) {
                memmove(e->samples, e->samples + 1, (ETA_SAMPLES - 1) * sizeof(EtaSample));
                e->n--;
        }
        e->samples[e->n++] = (EtaSample){ .time_usec = now_usec, .done = done };
}

EtaEstimate eta_estimate(const Eta *e, uint32_t report, uint32_t step, usec_t now_usec, usec_t started_usec,
                         uint64_t done, uint64_t total) {
        usec_t from_usec = started_usec;
        uint64_t from_done = 0;
        EtaEstimate estimate = {};
        double left;

        if (e && e->report == report && e->step == step && e->n > 0 && e->samples[0].done <= done &&
            now_usec > e->samples[0].time_usec && now_usec - e->samples[0].time_usec >= ETA_WINDOW_USEC / 4) {
                from_usec = e->samples[0].time_usec;
                from_done = e->samples[0].done;
        }
        if (from_usec == 0 || now_usec < from_usec + ETA_SPAN_MIN_USEC || done <= from_done)
                return estimate;
        estimate.per_sec = (double) (done - from_done) * USEC_PER_SEC / (double) (now_usec - from_usec);
        if (total <= done)
                return estimate;
        left = (double) (total - done) / estimate.per_sec * USEC_PER_SEC;
        estimate.low_usec = (usec_t) (left * ETA_LOW_PERCENT / 100);
        estimate.high_usec = (usec_t) (left * ETA_HIGH_PERCENT / 100);
        return estimate;
}
