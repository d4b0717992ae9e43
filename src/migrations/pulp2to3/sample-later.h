/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "migrations/pulp2to3/sample.h"

/* Lets the generations of the options pass over the units and repositories of type iso, which are as they were at
 * first, with room for those to come. */
void sample_advance(Sample *s);
