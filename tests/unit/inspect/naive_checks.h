// SPDX-License-Identifier: GPL-2.0-or-later
// What checks mean for a complete buffer, by trying every place. Slow and plain, to hold the real search
// against.
#pragma once

#include "nfsieve/rules/check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve::test {

/// Contents, byte_* of binary and decimal fields, isdataat and bsize; neither pcre nor base64.
class NaiveChecks {
public:
    NaiveChecks(const std::vector<Check>& checks, std::string buffer)
        : checks_(checks), buffer_(std::move(buffer)), size_(static_cast<long>(buffer_.size())) {}

    /// The smallest greatest end over all solutions; nothing where there is none.
    std::optional<long> solve() {
        best_.reset();
        go(0, 0, 0, {});
        return best_;
    }

private:
    using Variables = std::map<std::uint32_t, std::uint64_t>;

    static long number(const Operand& operand, const Variables& variables) {
        return operand.variable ? static_cast<long>(variables.at(*operand.variable)) : operand.number;
    }

    static char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

    bool stands_at(const ContentCheck& content, long at) const {
        for (std::size_t i = 0; i < content.bytes.size(); ++i) {
            const char mine = buffer_[static_cast<std::size_t>(at) + i], wanted = content.bytes[i];
            if (content.nocase ? small(mine) != small(wanted) : mine != wanted)
                return false;
        }
        return true;
    }

    std::vector<long> places(const ContentCheck& content, long last, const Variables& variables) const {
        std::vector<long> found;
        const long length = static_cast<long>(content.bytes.size());
        for (long at = 0; at + length <= size_; ++at) {
            bool fits = stands_at(content, at);
            const long offset = content.offset ? number(*content.offset, variables) : 0;
            fits = fits && at >= offset;
            if (content.depth)
                fits = fits && at + length <= offset + number(*content.depth, variables);
            if (content.relative()) {
                const long begin = last + (content.distance ? number(*content.distance, variables) : 0);
                fits = fits && at >= begin;
                if (content.within)
                    fits = fits && at + length <= begin + number(*content.within, variables);
            }
            if (content.ends_with)
                fits = fits && at + length == size_;
            if (fits)
                found.push_back(at);
        }
        return found;
    }

    struct Number {
        std::uint64_t value;
        long begin, consumed, end;
    };

    std::optional<Number> field(const ByteField& field, long last, const Variables& variables) const {
        const long count = number(field.count, variables);
        const long begin = number(field.offset, variables) + (field.relative ? last : 0);
        if (begin < 0 || begin + count > size_ || (field.relative && begin >= size_) || size_ == 0)
            return std::nullopt;
        const std::string text =
            buffer_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
        Number result{0, begin, count, begin + count};
        if (field.base != 0) {
            char* stop = nullptr;
            result.value = std::strtoull(text.c_str(), &stop, field.base);
            result.consumed = stop - text.c_str();
            if (result.consumed == 0)
                return std::nullopt;
            return result;
        }
        for (long i = 0; i < count; ++i) {
            const auto byte = static_cast<unsigned char>(
                text[static_cast<std::size_t>(field.little_endian ? count - 1 - i : i)]);
            result.value = result.value * 256 + byte;
        }
        return result;
    }

    void go(std::size_t step, long last, long end, const Variables& variables) {
        if (step == checks_.size()) {
            if (!best_ || end < *best_)
                best_ = end;
            return;
        }
        std::visit([&](const auto& check) { one(check, step, last, end, variables); }, checks_[step].what);
    }

    void one(const ContentCheck& check, std::size_t step, long last, long end, const Variables& variables) {
        const std::vector<long> found = places(check, last, variables);
        if (check.negated) {
            if (found.empty())
                go(step + 1, last, end, variables);
            return;
        }
        for (const long at : found) {
            const long behind = at + static_cast<long>(check.bytes.size());
            go(step + 1, behind, std::max(end, behind), variables);
        }
    }
    void one(const ByteTestCheck& check, std::size_t step, long last, long end, const Variables& variables) {
        const auto read = field(check.field, last, variables);
        if (!read)
            return;
        const auto value = static_cast<std::uint64_t>(number(check.value, variables));
        bool holds = false;
        if (check.op == ByteTestCheck::Op::less)
            holds = read->value < value;
        else if (check.op == ByteTestCheck::Op::greater)
            holds = read->value > value;
        else
            holds = read->value == value;
        if (holds != check.negated)
            go(step + 1, last, std::max(end, read->end), variables);
    }
    void one(const ByteJumpCheck& check, std::size_t step, long last, long end, const Variables& variables) {
        const auto read = field(check.field, last, variables);
        if (!read)
            return;
        long target = static_cast<long>(read->value) * check.multiplier;
        if (check.align)
            target = (target + 3) / 4 * 4;
        target += check.post_offset;
        if (check.from == ByteJumpCheck::From::field)
            target += read->begin + read->consumed;
        if (check.from == ByteJumpCheck::From::end)
            target += size_;
        target = std::max(target, 0L);
        if (target < size_)
            go(step + 1, target, std::max({end, read->end, target + 1}), variables);
    }
    void one(const ByteExtractCheck& check, std::size_t step, long last, long end, Variables variables) {
        const auto read = field(check.field, last, variables);
        if (!read)
            return;
        variables[check.variable] = read->value * check.multiplier;
        go(step + 1, read->begin + read->consumed, std::max(end, read->end), variables);
    }
    void one(const ByteMathCheck& check, std::size_t step, long last, long end, Variables variables) {
        const auto read = field(check.field, last, variables);
        if (!read)
            return;
        variables[check.variable] = read->value + static_cast<std::uint64_t>(number(check.value, variables));
        go(step + 1, read->begin + read->consumed, std::max(end, read->end), variables);
    }
    void one(const IsDataAtCheck& check, std::size_t step, long last, long end, const Variables& variables) {
        const long needed = number(check.offset, variables) + (check.relative ? last : 1);
        if ((needed <= size_) != check.negated)
            go(step + 1, last, check.negated ? end : std::max(end, needed), variables);
    }
    void one(const SizeCheck& check, std::size_t step, long last, long end, const Variables& variables) {
        if (check.size.holds(static_cast<std::uint64_t>(size_)))
            go(step + 1, last, end, variables);
    }
    void one(const PcreCheck&, std::size_t, long, long, const Variables&) {}
    void one(const Base64Check&, std::size_t, long, long, const Variables&) {}

    const std::vector<Check>& checks_;
    std::string buffer_;
    long size_;
    std::optional<long> best_;
};

} // namespace nfsieve::test
