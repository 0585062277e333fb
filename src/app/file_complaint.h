// SPDX-License-Identifier: GPL-2.0-or-later
// A complaint about a file as a whole.
#pragma once

#include "nfsieve/rules/spec.h"

#include <string>
#include <utility>

namespace nfsieve {

[[nodiscard]] inline RuleError file_complaint(std::string file, std::string message) {
    RuleError error;
    error.place.file = std::move(file);
    error.message = std::move(message);
    return error;
}

} // namespace nfsieve
