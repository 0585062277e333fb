// SPDX-License-Identifier: GPL-2.0-or-later
// The keyword table as the reader sees it.
#pragma once

#include "handlers.h"
#include "nfsieve/rules/buffer.h"
#include "nfsieve/rules/suricata_keywords.h"

#include <string_view>

namespace nfsieve::suricata {

/// Whether a keyword stands alone or with a value.
enum class Takes : std::uint8_t { nothing, value, either };

struct Keyword {
    KeywordInfo info;
    Takes takes = Takes::either;
    Handler handler = nullptr;       ///< of honoured and accepted ones
    Buffer buffer = Buffer::payload; ///< that it opens or fills
};

/// Null where Suricata has no such keyword.
[[nodiscard]] const Keyword* find_keyword(std::string_view name);

/// "the keyword "htp.uri" is not known; did you mean "http.uri"?"
[[nodiscard]] std::string unknown_keyword(std::string_view name);

} // namespace nfsieve::suricata
