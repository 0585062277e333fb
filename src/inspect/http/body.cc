// SPDX-License-Identifier: GPL-2.0-or-later
#include "body.h"

#include <algorithm>

namespace nfsieve::http {
namespace {

/// Bytes of a body that has ended: as many as a rule may look back in payload, and some.
constexpr std::size_t kept_at_rest = 1024;

} // namespace

void Window::append(Bytes bytes) {
    if (at_edge() && bytes_.size() > half_) {
        const std::size_t gone = bytes_.size() - half_;
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(gone));
        start_ += gone;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void Window::shrink(std::size_t kept) {
    if (bytes_.size() <= kept && bytes_.capacity() <= 2 * kept)
        return;
    const std::size_t gone = bytes_.size() - std::min(bytes_.size(), kept);
    bytes_ = std::vector<std::uint8_t>(bytes_.begin() + static_cast<std::ptrdiff_t>(gone), bytes_.end());
    start_ += gone;
}

/// What the file parts of a multipart body go to.
class Body::File : public ByteSink {
public:
    File(Body& body, const Growth& growth) : body_(body), growth_(growth) {}
    bool take(Bytes bytes) override {
        body_.add(*body_.files_, body_.fresh_files_, bytes, growth_);
        return true;
    }

private:
    Body& body_;
    const Growth& growth_;
};

class Body::Decoded : public ByteSink {
public:
    Decoded(Body& body, const Growth& growth) : body_(body), growth_(growth) {}
    bool take(Bytes bytes) override {
        body_.add(body_.window_, body_.fresh_, bytes, growth_);
        if (!body_.multipart_)
            return true;
        File file(body_, growth_);
        return body_.multipart_->put(bytes, file);
    }

private:
    Body& body_;
    const Growth& growth_;
};

void Body::take_files(std::string_view boundary) {
    multipart_.emplace(boundary);
    files_.emplace(half_);
}

void Body::add(Window& window, std::size_t& fresh, Bytes bytes, const Growth& growth) {
    while (!bytes.empty()) {
        if (fresh > 0 && window.at_edge())
            flush(growth);
        const Bytes part = bytes.first(std::min(bytes.size(), window.room()));
        window.append(part);
        fresh += part.size();
        bytes = bytes.subspan(part.size());
    }
}

bool Body::put(Bytes bytes, const Growth& growth) {
    seen_ = true;
    Decoded decoded(*this, growth);
    return decoder_.put(bytes, decoded);
}

bool Body::end(const Growth& growth) {
    if (ended_)
        return true;
    Decoded decoded(*this, growth);
    bool fine = decoder_.end(decoded);
    if (fine && multipart_) {
        File file(*this, growth);
        fine = multipart_->end(file);
    }
    flush(growth);
    ended_ = true;
    return fine;
}

void Body::rest() {
    window_.shrink(kept_at_rest);
    if (files_)
        files_->shrink(kept_at_rest);
}

void Body::flush(const Growth& growth) {
    const std::size_t fresh = std::max(fresh_, fresh_files_);
    fresh_ = fresh_files_ = 0;
    if (fresh > 0)
        growth(fresh);
}

std::size_t Body::memory() const {
    return sizeof(*this) + window_.memory() + decoder_.memory() + (files_ ? files_->memory() : 0U) +
           (multipart_ ? multipart_->memory() : 0U);
}

} // namespace nfsieve::http
