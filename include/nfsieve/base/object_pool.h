// SPDX-License-Identifier: GPL-2.0-or-later
// Objects of one kind that come and go with the packets, kept for their next use.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace nfsieve {

/// Hands objects out and takes them back, so that the packet path does not go through the allocator in the
/// steady state. What comes back beyond `most_spare_bytes` is freed: a flood leaves no memory behind that the
/// caps do not count. One worker thread.
template <class T>
class ObjectPool {
public:
    static constexpr std::size_t most_spare_bytes = std::size_t{1} << 20;
    static constexpr std::size_t most_spare = most_spare_bytes / sizeof(T);

    ObjectPool() { spare_.reserve(most_spare); } // giving back never allocates

    /// As new, or as it was given back.
    [[nodiscard]] std::unique_ptr<T> take() {
        if (spare_.empty())
            return std::make_unique<T>();
        std::unique_ptr<T> object = std::move(spare_.back());
        spare_.pop_back();
        return object;
    }
    void give_back(std::unique_ptr<T> object) {
        if (spare_.size() < most_spare)
            spare_.push_back(std::move(object));
    }
    [[nodiscard]] std::size_t spare() const { return spare_.size(); }

private:
    std::vector<std::unique_ptr<T>> spare_;
};

} // namespace nfsieve
