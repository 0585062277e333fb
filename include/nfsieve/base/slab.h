// SPDX-License-Identifier: GPL-2.0-or-later
// Receive buffers that can outlive the packet that arrived in them. A source reads each packet into a slab; a
// flow that must remember large payloads keeps a reference instead of a copy, and the source reads its next
// packet into another slab. One pool belongs to one worker thread: counts are plain integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace nfsieve {

class SlabPool;

/// One fixed-size buffer of a pool. Reached through SlabRef only.
struct Slab {
    SlabPool* pool = nullptr;
    std::uint32_t references = 0;
    std::size_t index = 0; ///< in its pool
    std::unique_ptr<std::uint8_t[]> data;
};

/// A counted reference to a slab; the last one gives it back to its pool. Not thread-safe.
class SlabRef {
public:
    SlabRef() = default;
    explicit SlabRef(Slab* slab) : slab_(slab) {
        if (slab_ != nullptr)
            ++slab_->references;
    }
    SlabRef(const SlabRef& other) : SlabRef(other.slab_) {}
    SlabRef(SlabRef&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
    SlabRef& operator=(SlabRef other) noexcept {
        std::swap(slab_, other.slab_);
        return *this;
    }
    ~SlabRef();

    explicit operator bool() const { return slab_ != nullptr; }
    [[nodiscard]] std::uint8_t* data() const { return slab_->data.get(); }
    /// Bytes that the slab takes, used or not.
    [[nodiscard]] std::size_t capacity() const;
    /// True where nobody else holds this slab, so that it may be written again.
    [[nodiscard]] bool unique() const { return slab_ != nullptr && slab_->references == 1; }

private:
    Slab* slab_ = nullptr;
};

/// Makes and recycles slabs of one size. Outlives every SlabRef to its slabs. What comes back beyond
/// `most_spare_bytes` of free slabs is freed: a flood of one kind leaves no memory behind that the caps do
/// not count.
class SlabPool {
public:
    static constexpr std::size_t most_spare_bytes = std::size_t{4} << 20;

    /// `slab_size` in bytes.
    explicit SlabPool(std::size_t slab_size)
        : slab_size_(slab_size), most_spare_(most_spare_bytes / slab_size) {}
    SlabPool(const SlabPool&) = delete;
    SlabPool& operator=(const SlabPool&) = delete;

    [[nodiscard]] std::size_t slab_size() const { return slab_size_; }
    /// How many slabs exist, in use or free.
    [[nodiscard]] std::size_t made() const { return slabs_.size(); }

    /// A slab that nobody else holds. Allocates only when no free one is left; contents are not cleared.
    [[nodiscard]] SlabRef take() {
        if (free_.empty()) {
            auto slab = std::make_unique<Slab>();
            slab->pool = this;
            slab->index = slabs_.size();
            slab->data.reset(new std::uint8_t[slab_size_]);
            slabs_.push_back(std::move(slab));
            if (free_.capacity() < slabs_.size())
                free_.reserve(2 * slabs_.size()); // giving back never allocates
            return SlabRef(slabs_.back().get());
        }
        Slab* slab = free_.back();
        free_.pop_back();
        return SlabRef(slab);
    }

private:
    friend class SlabRef;

    void give_back(Slab* slab) {
        if (free_.size() < most_spare_) {
            free_.push_back(slab);
            return;
        }
        const std::size_t index = slab->index;
        slabs_.back()->index = index;
        std::swap(slabs_[index], slabs_.back());
        slabs_.pop_back();
    }

    std::size_t slab_size_;
    std::size_t most_spare_;
    std::vector<std::unique_ptr<Slab>> slabs_;
    std::vector<Slab*> free_;
};

inline std::size_t SlabRef::capacity() const {
    return slab_->pool->slab_size();
}

inline SlabRef::~SlabRef() {
    if (slab_ != nullptr && --slab_->references == 0)
        slab_->pool->give_back(slab_);
}

} // namespace nfsieve
