// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/awaited.h"

#include "content_search.h"

#include <algorithm>

namespace nfsieve {
namespace {

using Step = CompiledChecks::Step;

/// A content that must be found somewhere; null for all else.
const ContentCheck* wanted(const Step& step) {
    const auto* const content = std::get_if<ContentCheck>(&step.check.what);
    return content != nullptr && !content->negated ? content : nullptr;
}

bool is_in(const Step& step, const ContentCheck& content, Bytes bytes) {
    std::uint64_t compared = 0;
    return (content.nocase ? find_folded(bytes, step.folded, compared) : find_exact(bytes, content.bytes)) !=
           not_found;
}

/// `fresh` bytes at the end, and those before them that a content may begin in.
bool is_in_fresh(const Step& step, const ContentCheck& content, Bytes bytes, std::size_t fresh) {
    return is_in(step, content, bytes.last(std::min(bytes.size(), fresh + content.bytes.size() - 1)));
}

} // namespace

Awaited Awaited::by(const CompiledChecks& checks, Bytes bytes) {
    const auto steps = checks.steps();
    Awaited awaited;
    std::size_t longest = 0;
    bool contents_alone = true;
    for (std::size_t i = 0; i < steps.size() && i < UINT16_MAX; ++i) {
        const ContentCheck* const content = wanted(steps[i]);
        contents_alone = contents_alone && content != nullptr && !content->ends_with;
        if (content == nullptr || content->bytes.size() <= longest || is_in(steps[i], *content, bytes))
            continue;
        longest = content->bytes.size();
        awaited = Awaited(Kind::one, static_cast<std::uint16_t>(i));
    }
    if (longest == 0 && contents_alone)
        awaited.kind_ = Kind::some;
    return awaited;
}

bool Awaited::turned_up(const CompiledChecks& checks, Bytes bytes, std::size_t fresh) const {
    const auto steps = checks.steps();
    switch (kind_) {
    case Kind::anything:
        return true;
    case Kind::one:
        return is_in_fresh(steps[step_], *wanted(steps[step_]), bytes, fresh);
    case Kind::some:
        return std::any_of(steps.begin(), steps.end(),
                           [&](const Step& step) { return is_in_fresh(step, *wanted(step), bytes, fresh); });
    }
    return true;
}

} // namespace nfsieve
