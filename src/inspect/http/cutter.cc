// SPDX-License-Identifier: GPL-2.0-or-later
#include "cutter.h"
#include "small_letters.h"

#include <algorithm>
#include <cctype>

namespace nfsieve::http {
namespace {

constexpr std::size_t probe_size = 8; ///< libhtp's
constexpr std::string_view chunk_blanks = "\r\n \t\v\f";

bool is_hex(char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_status_line(std::string_view line) {
    constexpr std::string_view name = "http";
    const std::size_t at =
        std::min(line.find_first_not_of(std::string_view(" \t\r\n\v\f\0", 7)), line.size());
    line.remove_prefix(at);
    return line.empty() ||
           (line.size() >= name.size() && std::equal(name.begin(), name.end(), line.begin(),
                                                     [](char wanted, char c) { return small(c) == wanted; }));
}

} // namespace

std::size_t cut_line(std::string_view pending) {
    const std::size_t end = pending.find('\n');
    return end == std::string_view::npos ? 0 : end + 1;
}

std::size_t cut_status_line(std::string_view pending) {
    const std::size_t size = cut_line(pending);
    if (size == 0 || is_status_line(pending.substr(0, size)))
        return size;
    return pending.size() >= size + 2 ? size + 2 : 0;
}

std::size_t cut_old_answer(std::string_view pending) {
    constexpr std::string_view name = "HTTP/";
    if (pending.starts_with(name))
        return cut_line(pending);
    return name.starts_with(pending) ? 0 : pending.size();
}

std::size_t cut_headers(std::string_view pending) {
    for (std::size_t begin = 0;;) {
        const std::size_t end = pending.find('\n', begin);
        if (end == std::string_view::npos)
            return 0;
        const std::string_view line = pending.substr(begin, end - begin);
        if (line.empty() || line == "\r")
            return end + 1;
        begin = end + 1;
        if (begin == pending.size())
            return 0;
        const char next = pending[begin];
        if (line == " " || line == "\t") {
            if (next != '\n')
                return begin;
        } else if (next != '\r' && next != ' ' && next != '\t' && next != '\0') {
            return begin;
        }
    }
}

bool ends_with_blank_line(std::string_view piece) {
    if (piece.size() < 2)
        return false;
    const std::string_view last = piece.substr(piece.size() - 2);
    return (last == " \n" || last == "\t\n") && (piece.size() == 2 || piece[piece.size() - 3] == '\n');
}

std::string without_names(std::string_view piece) {
    constexpr std::string_view shape(" \t\r\n:\0", 6);
    std::string changed(piece);
    for (char& c : changed)
        c = shape.find(c) == std::string_view::npos ? 'x' : c;
    return changed;
}

std::size_t cut_chunk_length(std::string_view pending, bool probes) {
    const std::size_t first = pending.find_first_not_of(chunk_blanks);
    if (first == std::string_view::npos)
        return 0;
    const std::size_t line_end = pending.find('\n', first);
    const std::size_t size = line_end == std::string_view::npos ? 0 : line_end + 1;
    if (!probes || is_hex(pending[first]))
        return size;
    const std::size_t probe = std::max(first + 1, probe_size);
    if (size != 0 && size < probe)
        return size;
    return pending.size() >= probe ? probe : 0;
}

std::optional<std::uint64_t> chunk_length(std::string_view piece) {
    const std::size_t first = std::min(piece.find_first_not_of(chunk_blanks), piece.size());
    std::uint64_t number = 0;
    std::size_t at = first;
    for (; at < piece.size() && is_hex(piece[at]); ++at) {
        const char c = piece[at];
        number = number << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        if (number > INT32_MAX)
            return std::nullopt;
    }
    return at == first ? std::nullopt : std::optional(number);
}

} // namespace nfsieve::http
