// SPDX-License-Identifier: GPL-2.0-or-later
#include "trigger.h"

#include <algorithm>

namespace nfsieve {
namespace {

/// Longer literals cost the matcher more and find hardly less.
constexpr std::size_t longest = 12;
/// An author's fast_pattern goes before any literal of ours.
constexpr double chosen = 1000;

/// Bits that a byte tells, in traffic of text and binary together.
double weight(unsigned char byte, bool nocase) {
    switch (byte) {
    case 0:
    case ' ':
    case 'e':
    case 't':
    case 'a':
    case 'o':
    case 'i':
    case 'n':
        return nocase ? 2.5 : 3;
    case 0xff:
    case '/':
    case '.':
    case '=':
    case '-':
    case '\r':
    case '\n':
    case '"':
    case ':':
        return 4;
    default:
        break;
    }
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (letter)
        return nocase ? 4 : 5;
    return byte >= '0' && byte <= '9' ? 5 : 6;
}

/// A literal that is looked for in a few bytes costs next to nothing, and is hardly ever there.
constexpr double head_bonus = 15;

/// How much more or less a literal in this buffer is worth: some buffers say the same nearly always.
double worth(Buffer buffer) {
    switch (buffer) {
    case Buffer::http_method:
    case Buffer::http_protocol:
    case Buffer::http_stat_code:
    case Buffer::http_stat_msg:
    case Buffer::http_connection:
    case Buffer::tls_version:
        return 0.15;
    case Buffer::http_header_names:
    case Buffer::http_accept:
    case Buffer::http_accept_encoding:
    case Buffer::http_content_type:
        return 0.4;
    case Buffer::payload:
    case Buffer::file_data:
    case Buffer::http_response_body:
        return 0.7; // many bytes
    default:
        return 1;
    }
}

Trigger best_window(std::string_view text, bool nocase) {
    Trigger best;
    best.nocase = nocase;
    text.remove_prefix(std::min(text.size(), text.find_first_not_of('\0')));
    const std::size_t size = std::min(text.size(), longest);
    for (std::size_t at = 0; at + size <= text.size(); ++at) {
        double score = 0;
        if (text[at] == '\0')
            continue; // Vectorscan takes such a literal for an empty string
        for (const char c : text.substr(at, size))
            score += weight(static_cast<unsigned char>(c), nocase);
        if (score > best.score) {
            best.score = score;
            best.bytes = text.substr(at, size);
        }
    }
    if (nocase)
        std::transform(best.bytes.begin(), best.bytes.end(), best.bytes.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return best;
}

/// Where a content must end, from the beginning of a buffer of which there may be much more; 0: anywhere.
std::size_t head_of(const BufferView& view, const ContentCheck& content) {
    const bool long_buffer =
        view.transforms.empty() &&
        (view.buffer == Buffer::payload || info(view.buffer).kind == BufferInfo::Kind::streaming);
    const bool anchored = !content.relative() && content.depth && !content.depth->variable &&
                          !(content.offset && content.offset->variable);
    if (!long_buffer || !anchored)
        return 0;
    const std::int64_t end = content.depth->number + (content.offset ? content.offset->number : 0);
    return end > 0 && end <= static_cast<std::int64_t>(longest_head) ? static_cast<std::size_t>(end) : 0;
}

} // namespace

std::optional<Trigger> best_trigger(const BufferChecks& checks) {
    std::optional<Trigger> best;
    for (const Check& check : checks.checks) {
        const auto* content = std::get_if<ContentCheck>(&check.what);
        if (content == nullptr || content->negated || content->bytes.empty())
            continue;
        std::string_view text = content->bytes;
        if (content->chop && content->chop->first + std::size_t{content->chop->second} <= text.size())
            text = text.substr(content->chop->first, content->chop->second);
        Trigger trigger = best_window(text, content->nocase);
        if (trigger.bytes.empty())
            continue; // zeros alone
        trigger.head = head_of(checks.view, *content);
        trigger.score =
            trigger.head > 0 ? trigger.score + head_bonus : trigger.score * worth(checks.view.buffer);
        if (content->fast_pattern)
            trigger.score += chosen;
        if (!best || trigger.score > best->score)
            best = std::move(trigger);
    }
    return best;
}

} // namespace nfsieve
