/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "cli/rate.h"
#include "cli/steps.h"
#include "cli/terminal.h"

/* A picture: lines that are no wider than the terminal was when they were made. */
typedef struct Frame {
        Line lines[96];
        size_t n;
} Frame;

struct Progress {
        Frame shown;
        char *lost;             /* why the service is not reachable, NULL: it is */
        Rate *rates;            /* of the steps */
        size_t n_rates;
};

Progress *progress_new(void) {
        return calloc(1, sizeof(Progress));
}

static void frame_clear(Frame *f) {
        for (size_t i = 0; i < f->n; i++)
                free(f->lines[i].text);
        f->n = 0;
}

Progress *progress_free(Progress *p) {
        if (!p)
                return NULL;
        frame_clear(&p->shown);
        free(p->rates);
        free(p->lost);
        free(p);
        return NULL;
}

static void frame_add_line(Frame *f, Line line) {
        if (line.text && f->n < ELEMENTSOF(f->lines))
                f->lines[f->n++] = line;
        else
                free(line.text);
}

/* Plain text in one colour, cut to the terminal's width. */
static void frame_add(Frame *f, unsigned columns, Color color, const char *format, ...) _printf_(4, 5);

static void frame_add(Frame *f, unsigned columns, Color color, const char *format, ...) {
        _cleanup_(freep) char *text = NULL, *safe = NULL, *cut = NULL;
        Line line = {};
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        safe = text ? terminal_safe(text) : NULL;
        cut = safe ? terminal_ellipsize(safe, columns) : NULL;
        if (!cut)
                return;
        line.width = terminal_width(cut);
        line.text = text_format("%s%s%s", terminal_color(color), cut, terminal_color(COLOR_NORMAL));
        frame_add_line(f, line);
}

/* Rows that lines take on a terminal of that width: one that was made for a wider one is folded by the
 * terminal. */
static size_t frame_rows(const Frame *f, unsigned columns) {
        size_t rows = 0;

        for (size_t i = 0; i < f->n; i++)
                rows += MAX((f->lines[i].width + columns - 1) / columns, (size_t) 1);
        return rows;
}

/* Replaces what is shown by the new picture, in one write, so that nothing flickers. */
static void progress_show(Progress *p, Frame *new) {
        unsigned columns, rows;
        size_t up;

        terminal_size(&columns, &rows);
        up = MIN(frame_rows(&p->shown, columns), (size_t) rows - 1);
        (void) putchar('\r');
        if (up > 0)
                (void) printf("\033[%zuA", up);
        for (size_t i = 0; i < new->n; i++)
                (void) printf("%s\033[K\n", new->lines[i].text);
        (void) printf("\033[J");
        (void) fflush(stdout);
        frame_clear(&p->shown);
        p->shown = *new;
        new->n = 0;
}

static usec_t now_usec(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_REALTIME, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static int progress_measure(Progress *p, const Report *r) {
        usec_t now = now_usec();

        if (p->n_rates != r->n_steps) {
                Rate *grown = calloc(r->n_steps + 1, sizeof(Rate));

                if (!grown)
                        return -ENOMEM;
                free(p->rates);
                p->rates = grown;
                p->n_rates = r->n_steps;
        }
        for (size_t i = 0; i < r->n_steps; i++)
                if (r->state == STATE_RUNNING && r->steps[i].state == STATE_RUNNING)
                        rate_update(&p->rates[i], r->steps[i].done, r->steps[i].started_usec, now);
                else
                        rate_skip(&p->rates[i], now);
        return 0;
}

static void add_head(Frame *f, unsigned columns, const Report *r) {
        uint64_t end = r->finished_usec > 0 ? r->finished_usec : now_usec();
        _cleanup_(freep) char *span = NULL;

        if (r->started_usec > 0 && end > r->started_usec)
                span = terminal_span(end - r->started_usec);
        frame_add(f, columns, terminal_state_color(r->state), "%s Report %" PRIu32 " (%s): %s%s%s%s%s%s",
                  terminal_dot(r->state), r->id, r->plan_name[0] ? r->plan_name : r->migration,
                  terminal_state(r->state), r->pause_mode[0] ? " (" : "", r->pause_mode,
                  r->pause_mode[0] ? ")" : "", span ? ", " : "", span ? span : "");
}

/* As many steps as there are rows: when they do not fit, those around the one that runs. */
static void add_steps(Frame *f, unsigned columns, size_t rows, const Progress *p, const Report *r) {
        const ReportStep *current = report_current_step(r);
        size_t at = current ? (size_t) (current - r->steps) : r->n_steps, first = 0,
               n = MIN(r->n_steps, rows);
        StepLayout layout;

        if (at > n / 2)
                first = MIN(at - n / 2, r->n_steps - n);
        step_layout(r, columns, &layout);
        for (size_t i = first; i < first + n; i++) {
                Line line;

                step_line(r, &r->steps[i], &p->rates[i], &layout, &line);
                frame_add_line(f, line);
        }
}

static void add_foot(Frame *f, unsigned columns, const Report *r) {
        frame_add(f, columns, COLOR_NORMAL,
                  "  Tasks: %" PRIu32 " running (workers: %" PRIu32 "), %" PRIu32 " waiting, %" PRIu32
                  " completed, %" PRIu32 " failed",
                  r->tasks[STATE_RUNNING], r->workers, r->tasks[STATE_WAITING], r->tasks[STATE_COMPLETED],
                  r->tasks[STATE_FAILED]);
        if (r->problems > 0)
                frame_add(f, columns, COLOR_YELLOW, "  Problems: %" PRIu64, r->problems);
        if (r->failed_error[0])
                frame_add(f, columns, COLOR_RED, "  Failed: %s", r->failed_error);
        if (r->wait_reason[0])
                frame_add(f, columns, COLOR_YELLOW, "  Waiting: %s", r->wait_reason);
        if (!report_is_finished(r))
                frame_add(f, columns, COLOR_GREY, "  Ctrl-C leaves it running.");
}

/* Lines that a picture has beside the steps: head, up to six at the foot, and the row of the cursor. */
#define OTHER_ROWS 8

static void progress_draw(Progress *p, const Report *r) {
        Frame frame = {};
        unsigned columns, rows;

        terminal_size(&columns, &rows);
        if (r) {
                add_head(&frame, columns, r);
                add_steps(&frame, columns, rows > OTHER_ROWS ? rows - OTHER_ROWS : 1, p, r);
                add_foot(&frame, columns, r);
        }
        if (p->lost)
                frame_add(&frame, columns, COLOR_YELLOW, "  The service is not reachable, still waiting: %s",
                          p->lost);
        progress_show(p, &frame);
}

void progress_report(Progress *p, const Report *r) {
        free(TAKE_PTR(p->lost));
        if (progress_measure(p, r) >= 0)
                progress_draw(p, r);
}

void progress_lost(Progress *p, const Report *r, const char *reason) {
        free(p->lost);
        p->lost = strdup(reason);
        progress_draw(p, r);
}

void progress_resize(Progress *p, const Report *r) {
        progress_draw(p, r);
}
