// SPDX-License-Identifier: GPL-2.0-or-later
// A whole text file in memory.
#pragma once

#include "nfsieve/base/result.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace nfsieve {

/// Reads a regular file of up to `largest` bytes. Errors say what stands in the way, without the file's name.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t largest);

} // namespace nfsieve
