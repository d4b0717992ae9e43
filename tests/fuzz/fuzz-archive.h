/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Reads bytes as an archive, and aborts if the reader breaks its contract. Returns what archive_read() did.
 */
int fuzz_archive(const uint8_t *data, size_t size);

/* The entry point that libFuzzer looks for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
