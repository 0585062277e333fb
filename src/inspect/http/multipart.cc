// SPDX-License-Identifier: GPL-2.0-or-later
#include "multipart.h"
#include "small_letters.h"

#include <algorithm>

namespace nfsieve::http {
namespace {

constexpr std::size_t boundary_limit = 200; ///< RFC 2046 allows 70
constexpr std::size_t header_limit = 8192;  ///< of one part; behind it everything counts as a file

std::string lower(std::string_view text) {
    std::string copy(text);
    std::transform(copy.begin(), copy.end(), copy.begin(), small);
    return copy;
}

bool names_a_file(std::string_view headers) {
    const std::string small = lower(headers);
    const std::size_t at = small.find("content-disposition");
    return at != std::string::npos && small.find("filename", at) != std::string::npos;
}

} // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
    const std::string small = lower(content_type);
    constexpr std::string_view name = "boundary=";
    const std::size_t found = small.find(name);
    if (small.find("multipart/") == std::string::npos || found == std::string::npos)
        return std::nullopt;
    std::string_view value = content_type.substr(found + name.size());
    if (!value.empty() && value.front() == '"') {
        value.remove_prefix(1);
        value = value.substr(0, value.find('"'));
    } else {
        value = value.substr(0, value.find_first_of("; \t,"));
    }
    if (value.empty() || value.size() > boundary_limit)
        return std::nullopt;
    return std::string(value);
}

bool MultipartFiles::put(Bytes bytes, ByteSink& out) {
    if (state_ == State::over)
        return true;
    held_ += as_text(bytes);
    bool more = true;
    while (more)
        if (!step(out, more))
            return false;
    return true;
}

bool MultipartFiles::end(ByteSink& out) {
    const bool last = state_ == State::part && in_file_;
    return !last || release(held_.size(), out);
}

bool MultipartFiles::step(ByteSink& out, bool& more) {
    switch (state_) {
    case State::part:
        return step_part(out, more);
    case State::delimiter:
        step_delimiter(more);
        return true;
    case State::headers:
        step_headers(more);
        return true;
    case State::over:
        held_.clear();
        more = false;
        return true;
    }
    return true;
}

/// Lets all go that cannot belong to a delimiter. A line end before the delimiter is part of that.
bool MultipartFiles::step_part(ByteSink& out, bool& more) {
    const std::size_t found = held_.find(delimiter_);
    if (found == std::string::npos) {
        more = false;
        const std::size_t keep = delimiter_.size() + 1;
        return held_.size() <= keep || release(held_.size() - keep, out);
    }
    std::size_t end = found;
    if (end > 0 && held_[end - 1] == '\n')
        --end;
    if (end > 0 && end < found && held_[end - 1] == '\r')
        --end;
    if (end == found && !(found == 0 && at_start_)) // not at the beginning of a line: content
        return release(found + 1, out);
    if (!release(end, out))
        return false;
    held_.erase(0, found - end + delimiter_.size());
    in_file_ = false;
    state_ = State::delimiter;
    return true;
}

void MultipartFiles::step_delimiter(bool& more) {
    const std::size_t line_end = held_.find('\n');
    if (held_.starts_with("--")) {
        state_ = State::over;
    } else if (line_end <= header_limit) {
        held_.erase(0, line_end); // the LF stays: a part without headers has an empty line at once
        state_ = State::headers;
    } else {
        more = held_.size() > header_limit;
        if (more)
            state_ = State::headers;
    }
}

void MultipartFiles::step_headers(bool& more) {
    std::size_t end = held_.find("\n\r\n");
    std::size_t size = 3;
    if (const std::size_t bare = held_.find("\n\n"); bare < end) {
        end = bare;
        size = 2;
    }
    const bool too_long = end > header_limit && held_.size() > header_limit;
    if (end == std::string::npos && !too_long) {
        more = false;
        return;
    }
    in_file_ = too_long || names_a_file(std::string_view(held_).substr(0, end));
    held_.erase(0, too_long ? 0 : end + size);
    // An empty part: its delimiter has no line end of its own.
    at_start_ = true;
    state_ = State::part;
}

bool MultipartFiles::release(std::size_t size, ByteSink& out) {
    const std::string gone = held_.substr(0, size);
    held_.erase(0, size);
    at_start_ = at_start_ && size == 0;
    return !in_file_ || gone.empty() || out.take(as_bytes(gone));
}

} // namespace nfsieve::http
