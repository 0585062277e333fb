// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/host_table.h"

#include "name_hash.h"
#include "nfsieve/flow/siphash.h"

#include <algorithm>
#include <cstring>
#include <sys/random.h>

namespace nfsieve {
namespace {

/// What a limit counts must not be what a bit of that name means.
constexpr std::uint64_t limit_salt = 0x9e3779b97f4a7c15;

bool asks(const BitOperation& operation) {
    return operation.op == BitOperation::Op::is_set || operation.op == BitOperation::Op::is_not_set;
}

HashKey random_key() {
    HashKey key{};
    if (::getrandom(key.data(), sizeof key, 0) != static_cast<ssize_t>(sizeof key))
        throw std::bad_alloc();
    return key;
}

} // namespace

std::size_t HostTable::KeyHash::operator()(const Key& key) const {
    std::array<std::uint8_t, 48> bytes{};
    std::memcpy(bytes.data(), &key.what, 8);
    std::memcpy(bytes.data() + 8, key.first.bytes.data(), 16);
    std::memcpy(bytes.data() + 24, key.second.bytes.data(), 16);
    std::memcpy(bytes.data() + 40, &key.flow, 8);
    return siphash(bytes, secret);
}

HostTable::HostTable(std::size_t capacity) : capacity_(capacity), entries_(16, KeyHash{random_key()}) {}

HostTable::Key HostTable::key_of(const BitOperation& operation, const std::string& name,
                                 const PacketEnds& ends) {
    Key key;
    key.what = name_hash(name);
    switch (operation.scope) {
    case BitOperation::Scope::source:
        key.first = ends.source;
        break;
    case BitOperation::Scope::destination:
        key.first = ends.destination;
        break;
    case BitOperation::Scope::pair: // the same from both sides
        key.first = std::min(ends.source, ends.destination);
        key.second = std::max(ends.source, ends.destination);
        break;
    case BitOperation::Scope::flow:
        break;
    }
    return key;
}

bool HostTable::is_set(const Key& key, Time now) const {
    const auto found = entries_.find(key);
    return found != entries_.end() && now < found->second.until;
}

HostTable::Entry& HostTable::entry(const Key& key, Time now) {
    const auto found = entries_.find(key);
    if (found != entries_.end())
        return found->second;
    if (entries_.size() >= capacity_)
        make_room(now);
    return entries_[key];
}

/// What is over goes; where that is too little, the oldest quarter.
void HostTable::make_room(Time now) {
    std::erase_if(entries_, [&](const auto& each) { return now >= each.second.until; });
    if (entries_.size() < capacity_)
        return;
    std::vector<Time> ages;
    ages.reserve(entries_.size());
    for (const auto& each : entries_)
        ages.push_back(each.second.since);
    const auto quarter = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 4);
    std::nth_element(ages.begin(), quarter, ages.end());
    std::erase_if(entries_, [oldest = *quarter](const auto& each) { return each.second.since <= oldest; });
}

bool HostTable::hold(std::span<const BitOperation> operations, const PacketEnds& ends, Time now) {
    const std::lock_guard lock(mutex_);
    return std::all_of(operations.begin(), operations.end(), [&](const BitOperation& operation) {
        if (operation.scope == BitOperation::Scope::flow || !asks(operation))
            return true;
        return std::any_of(operation.names.begin(), operation.names.end(), [&](const std::string& name) {
            return is_set(key_of(operation, name, ends), now) == (operation.op == BitOperation::Op::is_set);
        });
    });
}

void HostTable::apply(std::span<const BitOperation> operations, const PacketEnds& ends, Time now) {
    const std::lock_guard lock(mutex_);
    for (const BitOperation& operation : operations) {
        if (operation.scope == BitOperation::Scope::flow || asks(operation))
            continue;
        for (const std::string& name : operation.names) {
            const Key key = key_of(operation, name, ends);
            const bool unset = operation.op == BitOperation::Op::unset ||
                               (operation.op == BitOperation::Op::toggle && is_set(key, now));
            if (unset) {
                entries_.erase(key);
                continue;
            }
            Entry& kept = entry(key, now);
            kept.since = now;
            kept.until = now + std::chrono::seconds(operation.expire);
        }
    }
}

HostTable::Rating HostTable::rate(std::uint32_t signature_id, std::span<const RateLimit> limits,
                                  const PacketEnds& ends, Time now) {
    const std::lock_guard lock(mutex_);
    Rating all = Rating::report;
    for (const RateLimit& limit : limits) {
        const Rating one = rate(signature_id, limit, ends, now);
        if (one == Rating::no_match)
            return one;
        if (one == Rating::quiet)
            all = one;
    }
    return all;
}

HostTable::Rating HostTable::rate(std::uint32_t signature_id, const RateLimit& limit, const PacketEnds& ends,
                                  Time now) {
    Key key;
    key.what = limit_salt ^ (std::uint64_t{signature_id} << 8) ^ static_cast<std::uint64_t>(limit.kind);
    switch (limit.track) {
    case RateLimit::Track::source:
        key.first = ends.source;
        break;
    case RateLimit::Track::destination:
        key.first = ends.destination;
        break;
    case RateLimit::Track::both:
        key.first = std::min(ends.source, ends.destination);
        key.second = std::max(ends.source, ends.destination);
        break;
    case RateLimit::Track::flow:
        key.flow = ends.flow;
        break;
    case RateLimit::Track::rule:
        break;
    }
    Entry& kept = entry(key, now);
    if (now >= kept.until) {
        kept.since = now;
        kept.until = now + std::chrono::seconds(limit.seconds);
        kept.count = 0;
    }
    if (kept.count < 0xffffffff)
        ++kept.count;
    switch (limit.kind) {
    case RateLimit::Kind::limit:
        return kept.count <= limit.count ? Rating::report : Rating::quiet;
    case RateLimit::Kind::threshold:
        if (kept.count < limit.count)
            return Rating::quiet;
        kept.count = 0;
        return Rating::report;
    case RateLimit::Kind::both:
        return kept.count == limit.count ? Rating::report : Rating::quiet;
    case RateLimit::Kind::detection_filter:
        return kept.count > limit.count ? Rating::report : Rating::no_match;
    case RateLimit::Kind::backoff: // at count, and then each time when that has grown tenfold
        break;
    }
    for (std::uint64_t at = std::max(1U, limit.count); at <= kept.count; at *= 10)
        if (at == kept.count)
            return Rating::report;
    return Rating::quiet;
}

} // namespace nfsieve
