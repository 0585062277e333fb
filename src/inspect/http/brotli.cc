// SPDX-License-Identifier: GPL-2.0-or-later
#include "decoder.h"

#include <brotli/decode.h>

#include <array>
#include <cstddef>
#include <cstdlib>

namespace nfsieve::http {
namespace {

constexpr std::size_t block = 16384;
constexpr std::size_t held_limit = 8192; ///< bytes kept while nothing comes out; behind them it is believed

/// Counts what libbrotlidec allocates: its window can be 16 MiB. The size stands in front of each block.
struct Meter {
    static constexpr std::size_t front = alignof(std::max_align_t);
    std::size_t used = 0;

    static void* allocate(void* self, std::size_t size) {
        auto* memory = static_cast<std::uint8_t*>(std::malloc(size + front));
        if (memory == nullptr)
            return nullptr;
        *reinterpret_cast<std::size_t*>(memory) = size;
        static_cast<Meter*>(self)->used += size;
        return memory + front;
    }
    static void release(void* self, void* memory) {
        if (memory == nullptr)
            return;
        std::uint8_t* begin = static_cast<std::uint8_t*>(memory) - front;
        static_cast<Meter*>(self)->used -= *reinterpret_cast<std::size_t*>(begin);
        std::free(begin);
    }
};

struct BrotliDestroy {
    void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

/// RFC 7932.
class Brotli final : public Coding {
public:
    Brotli() : state_(BrotliDecoderCreateInstance(Meter::allocate, Meter::release, &meter_)) {}

    bool put(Bytes bytes, ByteSink& out) override {
        if (plain_ || !state_) {
            plain_ = failed_ = true;
            return out.take(bytes);
        }
        if (!produced_)
            held_.insert(held_.end(), bytes.begin(), bytes.end());
        std::size_t left = bytes.size();
        const std::uint8_t* in = bytes.data();
        for (;;) {
            std::array<std::uint8_t, block> room;
            std::size_t space = block;
            std::uint8_t* to = room.data();
            const auto result = BrotliDecoderDecompressStream(state_.get(), &left, &in, &space, &to, nullptr);
            if (const std::size_t made = block - space; made > 0) {
                produced_ = true;
                held_.clear();
                if (!out.take({room.data(), made}))
                    return false;
            }
            const bool ended = result == BROTLI_DECODER_RESULT_SUCCESS;
            if (ended || result == BROTLI_DECODER_RESULT_ERROR) {
                plain_ = true;
                failed_ = !ended;
                if (ended || produced_)
                    held_.assign(in, in + left);
                state_.reset();
                return flush(out);
            }
            if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) {
                if (held_.size() > held_limit) {
                    produced_ = true;
                    held_.clear();
                }
                return true;
            }
        }
    }

    bool end(ByteSink& out) override { return plain_ || produced_ || flush(out); }
    [[nodiscard]] bool failed() const override { return failed_; }
    [[nodiscard]] std::size_t memory() const override {
        return sizeof(*this) + held_.capacity() + meter_.used;
    }

private:
    bool flush(ByteSink& out) {
        const std::vector<std::uint8_t> held = std::move(held_);
        held_.clear();
        return held.empty() || out.take(held);
    }

    Meter meter_;
    std::unique_ptr<BrotliDecoderState, BrotliDestroy> state_;
    bool plain_ = false, produced_ = false, failed_ = false;
    std::vector<std::uint8_t> held_; ///< taken in while nothing has come out
};

} // namespace

std::unique_ptr<Coding> make_brotli() {
    return std::make_unique<Brotli>();
}

} // namespace nfsieve::http
