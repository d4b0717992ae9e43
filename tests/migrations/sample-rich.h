/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sample that the tests of the generator look at. */

#include "migrations/pulp2to3/sample.h"

/* A bit of everything, with shares that do not divide evenly. */
static const SampleOptions rich = {
        .seed = 7,
        .n_units = 203,
        .n_repositories = 5,
        .n_empty_repositories = 2,
        .on_demand = 3000,
        .corrupted = 150,
        .missing = 50,
        .truncated = 100,
        .shared = 500,
        .duplicate = 400,
        .size_min_bytes = 1,
        .size_max_bytes = 300,
};
