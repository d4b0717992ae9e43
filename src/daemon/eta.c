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

void eta_estimate(const Eta *e, uint32_t report, uint32_t step, usec_t now_usec, usec_t started_usec, uint64_t done,
                  uint64_t total, usec_t *ret_low, usec_t *ret_high) {
        usec_t from_usec = started_usec;
        uint64_t from_done = 0;
        double left;

        *ret_low = *ret_high = 0;
        if (e && e->report == report && e->step == step && e->n > 0 && e->samples[0].done <= done &&
            now_usec > e->samples[0].time_usec && now_usec - e->samples[0].time_usec >= ETA_WINDOW_USEC / 4) {
                from_usec = e->samples[0].time_usec;
                from_done = e->samples[0].done;
        }
        if (total <= done || from_usec == 0 || now_usec < from_usec + ETA_SPAN_MIN_USEC || done <= from_done)
                return;
        left = (double) (total - done) / (double) (done - from_done) * (double) (now_usec - from_usec);
        *ret_low = (usec_t) (left * ETA_LOW_PERCENT / 100);
        *ret_high = (usec_t) (left * ETA_HIGH_PERCENT / 100);
}
