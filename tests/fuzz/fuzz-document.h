/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What the first byte of an input says of the others; a number of unit_kind_get() stands for a document of that
 * kind. */
enum {
        FUZZ_TREEINFO = 0x80, /* text of a .treeinfo */
        FUZZ_PACKAGE,         /* the three snippets of a package, with a zero byte after each */
        FUZZ_MANIFEST,        /* file of a docker manifest */
        FUZZ_LIST,            /* file of a manifest list */
        FUZZ_IMPORTER,        /* document of an importer: 0x84 and one for each plugin */
};

/* Reads bytes as a document, and makes of it what the migration would; aborts if a contract is broken. Returns 0 or a
 * negative errno. */
int fuzz_document(const uint8_t *data, size_t size);

/* The entry point that libFuzzer looks for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
