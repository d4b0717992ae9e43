/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the fuzz targets start from: a small sample of a Pulp 2 server, and damage to bytes. All is made of numbers,
 * so that every input can be made again. */

#include "base/macro.h"

/* Makes a sample with units of all types in a temporary directory, calls take() with the paths of its archive and
 * of its content directory, and removes it. damaged_documents: the share of documents that are not as they must be,
 * of SAMPLE_SHARE_MAX. Returns what take() did, or a negative errno after a message. */
int corpus_make(uint32_t damaged_documents, int (*take)(const char *archive, const char *content, void *userdata),
                void *userdata);

/* The whole of a file, with a zero byte after it; owned by the caller. Returns 0 or a negative errno. */
int corpus_load(const char *path, uint8_t **ret, size_t *ret_size);

/* A number that depends on the state, which goes on. */
uint64_t corpus_draw(uint64_t *state);

/* Makes a damaged copy of at least 16 bytes: cuts it, flips bits, puts a number where a length may stand, or moves
 * bytes. copy has room for size bytes. Returns the copy's size. */
size_t corpus_damage(const uint8_t *data, size_t size, uint64_t number, uint8_t *copy);

/* The command line of a fuzz target: no argument: run(0) to run(iterations - 1); --iterations N: so many; NUMBER:
 * that one; PATH: load() with the bytes of the file. The functions return an exit status, and the first that is no
 * success ends it. */
int corpus_main(int argc, char *argv[], uint64_t iterations, int (*run)(uint64_t number, void *userdata),
                int (*load)(const uint8_t *data, size_t size), void *userdata);
