// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/stream_matcher.h"

#include "sorted.h"

#include <algorithm>
#include <new>

namespace nfsieve {
namespace {

/// A picked-up stream is fed one byte first, so that `^` and `\A` cannot match at a byte that is not the
/// stream's first.
constexpr char filler = '\0';

} // namespace

bool Marks::insert(std::uint32_t value) {
    if (!values_)
        values_ = std::make_unique<std::vector<std::uint32_t>>();
    return nfsieve::insert(*values_, value);
}

/// What Vectorscan's callback writes to. Vectorscan is C: nothing may be thrown through it.
struct StreamMatcher::Collector {
    std::vector<RawMatch>& raw;
    std::uint64_t shift; ///< bytes fed that are not the stream's own

    static int on_match(unsigned id, unsigned long long, unsigned long long to, unsigned,
                        void* context) noexcept {
        auto& self = *static_cast<Collector*>(context);
        self.raw.push_back({to - self.shift, id});
        return 0;
    }
};

StreamMatcher::StreamMatcher(std::shared_ptr<const RuleSet> rules, MemoryBudget& budget)
    : rules_(std::move(rules)), budget_(budget), free_streams_(rules_->groups().size()) {
    if (rules_->scratch() != nullptr) {
        hs_scratch_t* clone = nullptr;
        if (hs_clone_scratch(rules_->scratch(), &clone) != HS_SUCCESS)
            throw std::bad_alloc();
        scratch_.reset(clone);
    }
    raw_.reserve(1024);
    tracked_.reserve(rules_->patterns().size());
    for (const Pattern& pattern : rules_->patterns())
        tracked_.push_back(std::any_of(pattern.rules.begin(), pattern.rules.end(),
                                       [&](std::uint32_t rule) { return !rules_->rules()[rule].simple; }));
}

StreamMatcher::~StreamMatcher() {
    for (auto& group : free_streams_)
        for (hs_stream_t* stream : group)
            hs_close_stream(stream, nullptr, nullptr, nullptr);
}

MatchStream StreamMatcher::begin(bool to_server, std::uint16_t server_port, bool whole) const {
    MatchStream stream;
    stream.group = rules_->group(to_server, server_port);
    if (stream.group != nullptr && !stream.group->database)
        stream.group = nullptr;
    stream.concerned = stream.group != nullptr;
    stream.whole = whole;
    return stream;
}

/// Has the stream's state at hand.
StreamMatcher::Outcome StreamMatcher::open(MatchStream& stream) {
    if (stream.compressed)
        return expand(stream);
    if (stream.stream != nullptr)
        return Outcome::fine;
    if (!budget_.charge(stream.group->stream_size))
        return Outcome::no_memory;
    auto& spare = free_streams_[stream.group->index];
    if (!spare.empty()) {
        stream.stream = spare.back();
        spare.pop_back();
    } else if (hs_open_stream(stream.group->database.get(), 0, &stream.stream) != HS_SUCCESS) {
        stream.stream = nullptr;
        budget_.release(stream.group->stream_size);
        return Outcome::no_memory;
    }
    if (!stream.whole) {
        Collector ignored{raw_, 0};
        const auto result =
            hs_scan_stream(stream.stream, &filler, 1, 0, scratch_.get(), &Collector::on_match, &ignored);
        raw_.clear();
        if (result != HS_SUCCESS)
            return Outcome::failed;
    }
    return Outcome::fine;
}

StreamMatcher::Outcome StreamMatcher::expand(MatchStream& stream) {
    const std::size_t size = stream.group->stream_size;
    if (!budget_.charge(size))
        return Outcome::no_memory;
    const CompressedStream& from = *stream.compressed_one;
    hs_stream_t* expanded = nullptr;
    if (const hs_error_t result =
            hs_expand_stream(stream.group->database.get(), &expanded, from.bytes.get(), from.size);
        result != HS_SUCCESS) {
        budget_.release(size);
        return result == HS_NOMEM ? Outcome::no_memory : Outcome::failed;
    }
    forget_compressed(stream);
    stream.stream = expanded;
    return Outcome::fine;
}

/// Without any state afterwards.
void StreamMatcher::forget_compressed(MatchStream& stream) {
    budget_.release(stream.compressed_one->memory());
    delete stream.compressed_one;
    stream.compressed = false;
    stream.stream = nullptr;
}

std::size_t StreamMatcher::compress(MatchStream& stream) {
    if (stream.compressed || stream.stream == nullptr)
        return 0;
    const std::size_t size = stream.group->stream_size;
    std::size_t used = 0;
    compressed_.resize(std::max(compressed_.size(), 2 * size));
    if (hs_compress_stream(stream.stream, compressed_.data(), compressed_.size(), &used) != HS_SUCCESS)
        return 0;
    auto compressed =
        std::make_unique<CompressedStream>(CompressedStream{used, std::make_unique<char[]>(used)});
    const std::size_t needed = compressed->memory();
    if (needed >= size)
        return 0;
    std::copy_n(compressed_.begin(), used, compressed->bytes.get());
    hs_close_stream(stream.stream, nullptr, nullptr, nullptr);
    stream.compressed_one = compressed.release();
    stream.compressed = true;
    budget_.release(size - needed);
    return size - needed;
}

StreamMatcher::Outcome StreamMatcher::feed(MatchStream& stream, const Header& header, Bytes bytes,
                                           std::vector<Hit>& hits) {
    if (stream.ended || bytes.empty())
        return Outcome::fine;
    if (stream.group == nullptr) {
        stream.fed += bytes.size();
        return Outcome::fine;
    }
    if (const Outcome opened = open(stream); opened != Outcome::fine)
        return opened;

    raw_.clear();
    Collector collector{raw_, stream.whole ? 0U : 1U};
    if (hs_scan_stream(stream.stream, reinterpret_cast<const char*>(bytes.data()),
                       static_cast<unsigned>(bytes.size()), 0, scratch_.get(), &Collector::on_match,
                       &collector) != HS_SUCCESS)
        return Outcome::failed;
    stream.fed += bytes.size();
    if (!raw_.empty())
        decide(stream, header, hits);
    return Outcome::fine;
}

StreamMatcher::Outcome StreamMatcher::finish(MatchStream& stream, const Header& header,
                                             std::vector<Hit>& hits) {
    if (stream.ended)
        return Outcome::fine;
    if (stream.group == nullptr || !stream.group->any_at_end) {
        end(stream);
        stream.ended = true;
        return Outcome::fine;
    }
    if (const Outcome opened = open(stream); opened != Outcome::fine)
        return opened;
    raw_.clear();
    Collector collector{raw_, stream.whole ? 0U : 1U};
    if (hs_reset_stream(stream.stream, 0, scratch_.get(), &Collector::on_match, &collector) != HS_SUCCESS)
        return Outcome::failed;
    if (!raw_.empty())
        decide(stream, header, hits);
    end(stream);
    stream.ended = true;
    return Outcome::fine;
}

/// Puts the raw matches into the order of the bytes and completes rules. Vectorscan reports in no order
/// across patterns.
void StreamMatcher::decide(MatchStream& stream, const Header& header, std::vector<Hit>& hits) {
    std::sort(raw_.begin(), raw_.end(), [](const RawMatch& a, const RawMatch& b) {
        return a.end != b.end ? a.end < b.end : a.pattern < b.pattern;
    });
    for (std::size_t at = 0; at < raw_.size();) {
        const std::size_t first = at;
        const std::uint64_t end = raw_[at].end;
        // All that ends at this byte counts as seen before any rule is asked: `not` sees it too.
        for (; at < raw_.size() && raw_[at].end == end; ++at)
            if (tracked_[raw_[at].pattern])
                static_cast<void>(stream.marks.insert(raw_[at].pattern));

        completed_.clear();
        for (std::size_t i = first; i < at; ++i) {
            const Pattern& pattern = rules_->patterns()[raw_[i].pattern];
            if (pattern.needs_start && !stream.whole)
                continue;
            for (const std::uint32_t index : pattern.rules) {
                const Rule& rule = rules_->rules()[index];
                if (contains(stream.group->rules, index) &&
                    rule.header_matches(header.client, header.client_port, header.server,
                                        header.server_port) &&
                    !stream.marks.contains(fired_base() + index) && (rule.simple || holds(stream, rule, 0)))
                    completed_.push_back(index);
            }
        }
        std::sort(completed_.begin(), completed_.end());
        completed_.erase(std::unique(completed_.begin(), completed_.end()), completed_.end());
        for (const std::uint32_t index : completed_) {
            static_cast<void>(stream.marks.insert(fired_base() + index));
            hits.push_back({end, index});
        }
    }
}

bool StreamMatcher::holds(const MatchStream& stream, const Rule& rule, std::uint32_t node_index) const {
    const MatchNode& node = rule.nodes[node_index];
    const auto child_holds = [&](std::uint32_t child) { return holds(stream, rule, child); };
    switch (node.kind) {
    case MatchSpec::Kind::pattern:
        return stream.marks.contains(node.pattern) &&
               (stream.whole || !rules_->patterns()[node.pattern].needs_start);
    case MatchSpec::Kind::all:
        return std::all_of(node.children.begin(), node.children.end(), child_holds);
    case MatchSpec::Kind::any:
        return std::any_of(node.children.begin(), node.children.end(), child_holds);
    case MatchSpec::Kind::not_:
        return !child_holds(node.children.front());
    }
    return false;
}

void StreamMatcher::end(MatchStream& stream) {
    if (stream.compressed)
        return forget_compressed(stream);
    if (stream.stream == nullptr)
        return;
    budget_.release(stream.group->stream_size);
    if (hs_reset_stream(stream.stream, 0, nullptr, nullptr, nullptr) == HS_SUCCESS)
        free_streams_[stream.group->index].push_back(stream.stream);
    else
        hs_close_stream(stream.stream, nullptr, nullptr, nullptr);
    stream.stream = nullptr;
}

bool StreamMatcher::mark_fired(MatchStream& stream, std::uint32_t rule) const {
    return stream.marks.insert(fired_base() + rule);
}

} // namespace nfsieve
