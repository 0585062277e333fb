// SPDX-License-Identifier: GPL-2.0-or-later
// A body as rules look at it: decoded, the newest part of it in one piece.
#pragma once

#include "decoder.h"
#include "multipart.h"
#include "nfsieve/inspect/check_runner.h"

#include <functional>
#include <optional>
#include <vector>

namespace nfsieve::http {

/// The newest bytes of a stream, contiguous: the half that is being filled and the one before it. Where the
/// halves begin depends on the stream alone.
class Window {
public:
    explicit Window(std::size_t half) : half_(half) {}

    /// Bytes that one append() takes at most, at least one.
    [[nodiscard]] std::size_t room() const {
        return half_ - static_cast<std::size_t>((start_ + bytes_.size()) % half_);
    }
    /// A half is full: the next append may drop the one before it.
    [[nodiscard]] bool at_edge() const { return room() == half_; }
    void append(Bytes bytes);
    /// Keeps the last bytes alone, and the memory for them.
    void shrink(std::size_t kept);
    [[nodiscard]] BufferBytes view(bool complete) const { return {bytes_, start_, complete}; }
    [[nodiscard]] std::size_t memory() const { return bytes_.capacity(); }

private:
    const std::size_t half_;
    std::uint64_t start_ = 0;
    std::vector<std::uint8_t> bytes_;
};

class Body {
public:
    /// Bytes that are new at the end of the windows, at most.
    using Growth = std::function<void(std::size_t fresh)>;

    Body(std::size_t window, Decoder::Limits limits)
        : half_(std::max<std::size_t>(window / 2, 1)), window_(half_), decoder_(limits) {}

    Decoder::Trouble decode(std::string_view content_encoding) { return decoder_.set_up(content_encoding); }
    void take_files(std::string_view boundary);

    /// False: it is a bomb. Calls `growth` before bytes that nobody has looked at could leave the window.
    bool put(Bytes bytes, const Growth& growth);
    /// No byte will follow.
    bool end(const Growth& growth);
    /// It has ended and may stay for long: keeps what bytes that come all the same are looked at with.
    void rest();
    /// More has come all the same.
    void reopen() { ended_ = false; }
    /// Reports what has not been reported.
    void flush(const Growth& growth);

    [[nodiscard]] const Decoder& decoder() const { return decoder_; }
    [[nodiscard]] BufferBytes content() const { return window_.view(ended_); }
    /// What file_data is: the files of a multipart body, otherwise the content.
    [[nodiscard]] BufferBytes files() const { return files_ ? files_->view(ended_) : content(); }
    [[nodiscard]] bool empty() const { return !seen_; }
    [[nodiscard]] std::size_t memory() const;

private:
    class Decoded;
    class File;
    void add(Window& window, std::size_t& fresh, Bytes bytes, const Growth& growth);

    const std::size_t half_;
    Window window_;
    Decoder decoder_;
    std::optional<MultipartFiles> multipart_;
    std::optional<Window> files_;
    std::size_t fresh_ = 0, fresh_files_ = 0;
    bool seen_ = false, ended_ = false;
};

} // namespace nfsieve::http
