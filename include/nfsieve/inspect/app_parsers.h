// SPDX-License-Identifier: GPL-2.0-or-later
// Where parsers come from.
#pragma once

#include "nfsieve/inspect/app_parser.h"
#include "nfsieve/inspect/limits.h"

#include <memory>

namespace nfsieve {

/// Makes parsers, and owns what those of one worker thread share: the limits, and libhtp's configuration,
/// which is larger than a connection that rests. Outlives all that it made.
class AppParsers {
public:
    /// Where libhtp has no memory, HTTP parsers are made that have failed.
    explicit AppParsers(const AppParserLimits& limits);
    ~AppParsers();
    AppParsers(AppParsers&&) noexcept;
    AppParsers& operator=(AppParsers&&) = delete;

    /// For one connection. `protocol` is not AppProtocol::none.
    [[nodiscard]] std::unique_ptr<AppParser> make(AppProtocol protocol) const;

private:
    struct Shared;
    std::unique_ptr<Shared> shared_;
};

} // namespace nfsieve
