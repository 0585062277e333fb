// SPDX-License-Identifier: GPL-2.0-or-later
#include "decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace nfsieve::http {
namespace {

constexpr std::size_t block = 16384;
constexpr std::size_t trailer_size = 8;
/// Bytes that are kept while nothing comes out, in case they are not encoded after all. Behind them it is
/// believed: a gzip header can be long.
constexpr std::size_t held_limit = 8192;

/// Passes over the header of a gzip member. Receivers do not look at reserved flags, at the method and at the
/// header's checksum, and zlib would.
class GzipHeader {
public:
    /// Bytes of the header at the front of `bytes`.
    std::size_t skip(Bytes bytes) {
        std::size_t at = 0;
        while (at < bytes.size() && part_ != Part::over)
            step(bytes[at++]);
        return at;
    }
    [[nodiscard]] bool over() const { return part_ == Part::over; }

private:
    enum class Part : std::uint8_t { fixed, extra_size, extra, name, comment, checksum, over };

    void step(std::uint8_t byte) {
        ++count_;
        switch (part_) {
        case Part::fixed:
            if (count_ == 4)
                flags_ = byte;
            if (count_ == 10)
                enter(Part::extra_size);
            break;
        case Part::extra_size:
            extra_ |= static_cast<std::size_t>(byte) << (8 * (count_ - 1));
            if (count_ == 2)
                enter(extra_ == 0 ? Part::name : Part::extra);
            break;
        case Part::extra:
            if (count_ == extra_)
                enter(Part::name);
            break;
        case Part::name:
        case Part::comment:
            if (byte == 0)
                enter(part_ == Part::name ? Part::comment : Part::checksum);
            break;
        case Part::checksum:
            if (count_ == 2)
                enter(Part::over);
            break;
        case Part::over:
            break;
        }
    }

    /// Parts that the flags do not announce are not there.
    void enter(Part part) {
        constexpr unsigned checksum = 2, extra = 4, name = 8, comment = 16;
        count_ = 0;
        part_ = part;
        if (part_ == Part::extra_size && (flags_ & extra) == 0)
            part_ = Part::name;
        if (part_ == Part::name && (flags_ & name) == 0)
            part_ = Part::comment;
        if (part_ == Part::comment && (flags_ & comment) == 0)
            part_ = Part::checksum;
        if (part_ == Part::checksum && (flags_ & checksum) == 0)
            part_ = Part::over;
    }

    Part part_ = Part::fixed;
    unsigned flags_ = 0;
    std::size_t count_ = 0, extra_ = 0;
};

/// gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951), told apart by their first bytes, whatever the
/// header calls them: receivers do the same. A stream behind the first is read on as gzip allows.
class Inflate final : public Coding {
public:
    explicit Inflate(bool gzip_expected) : gzip_expected_(gzip_expected) {}
    ~Inflate() override { close(); }
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;

    bool put(Bytes bytes, ByteSink& out) override {
        while (!bytes.empty()) {
            switch (state_) {
            case State::plain:
                return out.take(bytes);
            case State::begin:
                if (!begin(bytes, out))
                    return false;
                break;
            case State::inflating:
                if (!decode(bytes, out))
                    return false;
                break;
            }
        }
        return true;
    }

    bool end(ByteSink& out) override {
        if (state_ == State::plain || held_.empty())
            return true;
        failed_ = true;
        return give_up(out);
    }

    [[nodiscard]] bool failed() const override { return failed_; }
    [[nodiscard]] std::size_t memory() const override {
        return sizeof(*this) + held_.capacity() + replay_.capacity() + (open_ ? std::size_t{48} << 10 : 0U);
    }

private:
    enum class State : std::uint8_t { begin, inflating, plain };
    enum class Format : std::uint8_t { gzip, zlib, raw, none };
    enum class Step : std::uint8_t { more, ended, broken, stop };

    [[nodiscard]] Format looks_like(unsigned first, unsigned second) const {
        if (first == 0x1f && second == 0x8b)
            return Format::gzip;
        if (members_ > 0)
            return Format::none;
        if ((first & 0x0fU) == 8 && (first << 8 | second) % 31 == 0)
            return Format::zlib;
        return gzip_expected_ ? Format::none : Format::raw;
    }

    /// Waits for two bytes that tell the format. What is taken is cut off the front.
    bool begin(Bytes& bytes, ByteSink& out) {
        const std::size_t skipped = std::min(trailer_, bytes.size());
        trailer_ -= skipped;
        bytes = bytes.subspan(skipped);
        if (held_.size() + bytes.size() < 2) {
            held_.insert(held_.end(), bytes.begin(), bytes.end());
            bytes = {};
            return true;
        }
        format_ = held_.empty() ? looks_like(bytes[0], bytes[1]) : looks_like(held_[0], bytes[0]);
        if (!open()) {
            failed_ = failed_ || members_ == 0;
            return give_up(out);
        }
        if (held_.empty())
            return true;
        replay_.assign(held_.begin(), held_.end()); // the byte that came alone, and what came now
        replay_.insert(replay_.end(), bytes.begin(), bytes.end());
        held_.clear();
        bytes = replay_;
        return true;
    }

    bool decode(Bytes& bytes, ByteSink& out) {
        Bytes rest = bytes;
        switch (run(rest, out)) {
        case Step::more:
            if (!produced_ && held_.size() + bytes.size() <= held_limit)
                held_.insert(held_.end(), bytes.begin(), bytes.end());
            else
                believe();
            bytes = {};
            return true;
        case Step::ended:
            close();
            ++members_;
            produced_ = false;
            held_.clear();
            trailer_ = format_ == Format::gzip ? trailer_size : 0;
            state_ = State::begin;
            bytes = rest;
            return true;
        case Step::broken:
            return broken(bytes, rest, out);
        case Step::stop:
            return false;
        }
        return false;
    }

    void believe() {
        produced_ = true;
        held_.clear();
    }

    /// Bytes that are no stream of the format. What begins like zlib's may be raw; and of what is neither,
    /// receivers make different things: it is looked at as it is.
    bool broken(Bytes& bytes, Bytes rest, ByteSink& out) {
        if (produced_)
            bytes = rest;
        if (!produced_ && format_ == Format::zlib && !gzip_expected_) {
            std::vector<std::uint8_t> all = std::move(held_);
            all.insert(all.end(), bytes.begin(), bytes.end());
            held_.clear();
            replay_ = std::move(all);
            bytes = replay_;
            format_ = Format::raw;
            if (open())
                return true;
        }
        failed_ = true;
        return give_up(out);
    }

    bool give_up(ByteSink& out) {
        close();
        state_ = State::plain;
        const std::vector<std::uint8_t> held = std::move(held_);
        held_.clear();
        return held.empty() || out.take(held);
    }

    /// Everything up to the end of `bytes`, of the stream or of what is right; `bytes` is what is left.
    Step run(Bytes& bytes, ByteSink& out) {
        if (format_ == Format::gzip)
            bytes = bytes.subspan(header_.skip(bytes));
        stream_.next_in = const_cast<std::uint8_t*>(bytes.data());
        stream_.avail_in = static_cast<uInt>(bytes.size());
        const Bytes all = bytes;
        for (;;) {
            std::array<std::uint8_t, block> room;
            stream_.next_out = room.data();
            stream_.avail_out = block;
            const int result = inflate(&stream_, Z_SYNC_FLUSH);
            const std::size_t made = block - stream_.avail_out;
            bytes = all.last(stream_.avail_in);
            if (made > 0) {
                believe();
                if (!out.take({room.data(), made}))
                    return Step::stop;
            }
            if (result == Z_STREAM_END)
                return Step::ended;
            if (result != Z_OK && result != Z_BUF_ERROR)
                return Step::broken;
            if (stream_.avail_in == 0 && made < block)
                return Step::more;
            if (result == Z_BUF_ERROR && made == 0)
                return Step::broken;
        }
    }

    bool open() {
        constexpr std::array<int, 3> bits = {-15, 15, -15};
        close();
        stream_ = {};
        header_ = {};
        if (format_ == Format::none ||
            inflateInit2(&stream_, bits[static_cast<std::size_t>(format_)]) != Z_OK)
            return false;
        open_ = true;
        state_ = State::inflating;
        return true;
    }

    void close() {
        if (open_)
            inflateEnd(&stream_);
        open_ = false;
    }

    const bool gzip_expected_;
    State state_ = State::begin;
    Format format_ = Format::none;
    bool open_ = false, produced_ = false, failed_ = false;
    std::uint32_t members_ = 0;
    GzipHeader header_;
    std::size_t trailer_ = 0;          ///< bytes of a gzip member's checksum and length still to come
    std::vector<std::uint8_t> held_;   ///< taken in while nothing has come out
    std::vector<std::uint8_t> replay_; ///< bytes that are read for the second time
    z_stream stream_{};
};

} // namespace

std::unique_ptr<Coding> make_inflate(bool gzip_expected) {
    return std::make_unique<Inflate>(gzip_expected);
}

} // namespace nfsieve::http
