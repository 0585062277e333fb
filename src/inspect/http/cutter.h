// SPDX-License-Identifier: GPL-2.0-or-later
// Where a message is cut before libhtp sees it. libhtp looks ahead in the bytes that it was handed and
// decides differently where they end early; pieces that depend on nothing but the stream make it blind to
// segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nfsieve::http {

/// Each returns the size of the next piece, 0 where more bytes must be seen first. `pending` begins where the
/// last piece ended.

/// A line, up to its LF.
[[nodiscard]] std::size_t cut_line(std::string_view pending);
/// A status line. Where it is none, libhtp looks whether the line behind it is: with two bytes of that.
[[nodiscard]] std::size_t cut_status_line(std::string_view pending);
/// What answers a request that may be HTTP/0.9: a status line, or everything there is where it begins
/// otherwise.
[[nodiscard]] std::size_t cut_old_answer(std::string_view pending);
/// Header lines up to one that is neither folded nor followed by a CR, which decides about the lines' ends.
[[nodiscard]] std::size_t cut_headers(std::string_view pending);
/// Whether a piece of a response's headers that is cut off where `pending` goes on ends with a line of a
/// single blank. That ends the headers for receivers, and for libhtp from 0.5.45 on.
[[nodiscard]] bool ends_with_blank_line(std::string_view piece);
/// Header lines in which no name can be read any more, and that end where they did.
[[nodiscard]] std::string without_names(std::string_view piece);
/// A chunk's length with empty lines in front. `probes`: of a response, where eight bytes are enough to see
/// that there is no chunk.
[[nodiscard]] std::size_t cut_chunk_length(std::string_view pending, bool probes);

/// The number in a piece as cut_chunk_length cuts it, read as libhtp does: nothing where there is none.
[[nodiscard]] std::optional<std::uint64_t> chunk_length(std::string_view piece);

} // namespace nfsieve::http
