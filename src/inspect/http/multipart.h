// SPDX-License-Identifier: GPL-2.0-or-later
// The files in a multipart/form-data body (RFC 7578), as it streams by.
#pragma once

#include "byte_sink.h"

#include <optional>
#include <string>
#include <string_view>

namespace nfsieve::http {

/// The boundary that a Content-Type header names; nothing where it is not multipart.
[[nodiscard]] std::optional<std::string> multipart_boundary(std::string_view content_type);

/// Parts whose Content-Disposition has a file name go to the sink, one behind the other.
class MultipartFiles {
public:
    explicit MultipartFiles(std::string_view boundary) : delimiter_("--" + std::string(boundary)) {}

    /// False: `out` gave up.
    bool put(Bytes bytes, ByteSink& out);
    /// No byte will follow.
    bool end(ByteSink& out);
    [[nodiscard]] std::size_t memory() const { return held_.capacity() + delimiter_.capacity(); }

private:
    enum class State : std::uint8_t { part, delimiter, headers, over };
    bool step(ByteSink& out, bool& more);
    bool step_part(ByteSink& out, bool& more);
    void step_delimiter(bool& more);
    void step_headers(bool& more);
    bool release(std::size_t size, ByteSink& out);

    std::string delimiter_;
    std::string held_; ///< not decided yet
    State state_ = State::part;
    bool in_file_ = false, at_start_ = true;
};

} // namespace nfsieve::http
