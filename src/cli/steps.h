/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps of a report as lines with bars, for status and watch. */

#include "cli/rate.h"
#include "client/report.h"

/* Widths of the columns, equal for all steps of a report. */
typedef struct StepLayout {
        unsigned columns;       /* of the terminal */
        unsigned code;
        unsigned bar;
        unsigned count;
} StepLayout;

/* A line as it is printed, and how wide it is without its colours. */
typedef struct Line {
        char *text;
        size_t width;
} Line;

void step_layout(const Report *r, unsigned columns, StepLayout *ret);

/* "✓ content  ████░░  41%  8123/20000  310/s, 38s left". rate: NULL where none is measured. ret->text is
 * owned by the caller, NULL when out of memory. */
void step_line(const Report *r, const ReportStep *s, const Rate *rate, const StepLayout *layout, Line *ret);

/* "310/s, 38s left", "took 2s", "": how a step does. NULL when out of memory. */
char *step_pace(const Report *r, const ReportStep *s, const Rate *rate);

/* Bounds of the time left of a running step: the service's, else from the rate; 0 when not known. */
void step_left(const Report *r, const ReportStep *s, const Rate *rate, usec_t *ret_low, usec_t *ret_high);

/* A bar of width columns. NULL when out of memory. */
char *bar_text(uint64_t done, uint64_t total, unsigned width);

/* 0..100, rounded down: 100 is said of what is complete only. 0 for a total of 0. */
unsigned percent(uint64_t done, uint64_t total);
