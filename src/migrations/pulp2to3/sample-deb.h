/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The deb part of a sample: what its files share. */

#include "migrations/pulp2to3/sample-tally.h"

#define DEB_BYTES_MAX 512

typedef struct DebPackage {
        uint32_t number;
        SamplePlace place;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE];
        char name[32], version[16], filename[80];
        const char *architecture;
        /* In which of the components of the releases it is. */
        uint32_t component;
        bool in_second_release;
} DebPackage;

/* The package of a number; n: packages at first. Returns false when it went with its repositories. */
bool deb_package_make(const Sample *s, uint32_t n, uint32_t number, DebPackage *ret);

/* The types' documents, files, links, and what is expected of them. */
void deb_write_packages(SampleTally *t, uint32_t n);
void deb_write_releases(SampleTally *t, uint32_t n);
