/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/steps.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/terminal.h"

#define BAR_MIN 8u
#define BAR_MAX 32u

/* Below this, "0.0/s" would stand there. */
#define RATE_MIN 0.05

/* What a line has beside code, bar and counts: dot and blanks before them (4), blanks and percent (8), and
 * the pace (26). */
#define LINE_FIXED (4 + 8 + 26)

unsigned percent(uint64_t done, uint64_t total) {
        return total == 0 ? 0 : (unsigned) ((double) MIN(done, total) * 100 / (double) total);
}

char *bar_text(uint64_t done, uint64_t total, unsigned width) {
        const char *full = terminal_has_unicode() ? "█" : "#", *empty = terminal_has_unicode() ? "░" : ".";
        unsigned n = total == 0 ? 0 : (unsigned) ((double) MIN(done, total) * width / (double) total);
        char *text = malloc(width * strlen("█") + 1), *end = text;

        for (unsigned i = 0; text && i < width; i++)
                end = stpcpy(end, i < n ? full : empty);
        if (text)
                *end = 0;
        return text;
}

/* A step that has no tasks yet has no total. */
static char *count_text(const ReportStep *s) {
        if (s->total == 0)
                return strdup("-");
        return text_format("%" PRIu64 "/%" PRIu64, s->done, s->total);
}

void step_layout(const Report *r, unsigned columns, StepLayout *ret) {
        StepLayout layout = { .columns = columns, .code = 4, .count = 1 };
        unsigned used, room, code_max;

        for (size_t i = 0; i < r->n_steps; i++) {
                _cleanup_(freep) char *count = count_text(&r->steps[i]);

                layout.code = MAX(layout.code, (unsigned) terminal_width(r->steps[i].code));
                layout.count = MAX(layout.count, count ? (unsigned) strlen(count) : 1);
        }
        code_max = MAX(columns / 3, 8u);
        layout.code = MIN(layout.code, code_max);
        used = layout.code + layout.count + LINE_FIXED;
        room = columns > used ? columns - used : 0;
        layout.bar = room < BAR_MIN ? BAR_MIN : MIN(room, BAR_MAX);
        *ret = layout;
}

void step_left(const Report *r, const ReportStep *s, const Rate *rate, usec_t *ret_low, usec_t *ret_high) {
        *ret_low = *ret_high = 0;
        if (s->state != STATE_RUNNING || r->state != STATE_RUNNING || s->done >= s->total)
                return;
        if (s == report_current_step(r) && r->eta_high_usec > 0) {
                *ret_low = r->eta_low_usec;
                *ret_high = r->eta_high_usec;
        } else if (rate)
                *ret_low = *ret_high = rate_left(rate, s->done, s->total);
}

static char *left_text(usec_t low, usec_t high) {
        _cleanup_(freep) char *low_text = terminal_span(low), *high_text = terminal_span(high);

        if (!low_text || !high_text)
                return NULL;
        if (high == 0)
                return strdup("");
        if (low == 0 || streq(low_text, high_text))
                return text_format("%s left", high_text);
        return text_format("%s to %s left", low_text, high_text);
}

char *step_pace(const Report *r, const ReportStep *s, const Rate *rate) {
        _cleanup_(freep) char *left = NULL, *span = NULL;
        double per_sec;
        usec_t low, high;

        if (s->finished_usec > 0 && s->started_usec > 0) {
                span = terminal_span(s->finished_usec - MIN(s->started_usec, s->finished_usec));
                return span ? text_format("took %s", span) : NULL;
        }
        if (s->state != STATE_RUNNING)
                return strdup("");
        step_left(r, s, rate, &low, &high);
        left = left_text(low, high);
        if (!left)
                return NULL;
        /* Who looks once has only the service's. */
        per_sec = rate ? rate->per_sec : s == report_current_step(r) ? r->rate : 0;
        if (per_sec < RATE_MIN || r->state != STATE_RUNNING)
                return TAKE_PTR(left);
        return text_format(per_sec < 10 ? "%.1f/s%s%s" : "%.0f/s%s%s", per_sec, left[0] ? ", " : "", left);
}

static Color step_color(const Report *r, const ReportStep *s) {
        bool held = r->state == STATE_PAUSED || r->state == STATE_CANCELING;

        return s->state == STATE_RUNNING && held ? COLOR_YELLOW : terminal_state_color(s->state);
}

/* A step that had nothing to do is complete all the same. */
static uint64_t shown_total(const ReportStep *s) {
        return s->total == 0 && s->state == STATE_COMPLETED ? 1 : s->total;
}

void step_line(const Report *r, const ReportStep *s, const Rate *rate, const StepLayout *l, Line *ret) {
        _cleanup_(freep) char *safe = terminal_safe(s->code),
                              *code = safe ? terminal_ellipsize(safe, l->code) : NULL;
        uint64_t total = shown_total(s), done = s->total == 0 ? total : s->done;
        _cleanup_(freep) char *bar = bar_text(done, total, l->bar), *count = count_text(s);
        _cleanup_(freep) char *pace = step_pace(r, s, rate), *tail = NULL, *short_tail = NULL;
        size_t fixed = 4 + l->code + 1 + l->bar;

        *ret = (Line) {};
        if (!code || !bar || !count || !pace)
                return;
        tail = text_format(" %3u%%  %*s  %s", percent(done, total), (int) l->count, count, pace);
        if (!tail)
                return;
        for (size_t n = strlen(tail); n > 0 && tail[n - 1] == ' '; n--)
                tail[n - 1] = 0;
        short_tail = terminal_ellipsize(tail, l->columns > fixed ? l->columns - fixed : 0);
        if (!short_tail)
                return;
        ret->text = text_format("  %s%s%s %s%*s %s%s%s%s", terminal_color(step_color(r, s)),
                                terminal_dot(s->state), terminal_color(COLOR_NORMAL), code,
                                (int) (l->code - terminal_width(code)), "", terminal_color(step_color(r, s)),
                                bar, terminal_color(COLOR_NORMAL), short_tail);
        ret->width = fixed + terminal_width(short_tail);
}
