// SPDX-License-Identifier: GPL-2.0-or-later
#include "draft.h"

#include "nfsieve/base/wording.h"

#include <algorithm>

namespace nfsieve::suricata {

void Draft::complain_at(std::size_t at, const std::string& message) {
    errors_.push_back({place(at), id, message});
    failed_ = true;
}

void Draft::complain(const Option& option, const std::string& message) {
    complain_at(option.has_value ? option.value_at : option.at, std::string(option.keyword) + ": " + message);
}

BufferView Draft::current_view() const {
    return open_ ? open_->view : BufferView{};
}

void Draft::close_sticky() {
    if (open_ && !open_->index && !unclear)
        complain_at(open_->at, open_->keyword + ": nothing is checked in this buffer; let a content follow, "
                                                "or take the buffer away");
    open_.reset();
    base64_.reset();
}

void Draft::open(const Option& option, std::optional<Buffer> buffer) {
    if (base64_) {
        complain(option, "no other buffer can follow base64_data; put base64_data at the rule's end");
        base64_.reset();
        return;
    }
    close_sticky();
    if (buffer)
        open_ = Open{BufferView{*buffer, {}, {}}, option.at, std::string(option.keyword), std::nullopt};
}

BufferView* Draft::open_view(const Option& option) {
    if (!open_ || base64_) {
        complain(option, "stands under no sticky buffer; put one such as http.uri in front of it");
        return nullptr;
    }
    if (open_->index) {
        complain(option, "comes too late; put it between the sticky buffer and its first content");
        return nullptr;
    }
    return &open_->view;
}

bool Draft::open_base64() {
    if (!last_base64_)
        return false;
    close_sticky();
    base64_ = last_base64_;
    return true;
}

std::size_t Draft::find_or_add(const BufferView& view, std::size_t at, bool always_new) {
    if (!always_new) {
        const auto found = std::find_if(buffers.begin(), buffers.end(),
                                        [&](const DraftBuffer& buffer) { return buffer.view == view; });
        if (found != buffers.end())
            return static_cast<std::size_t>(found - buffers.begin());
    }
    buffers.push_back({view, {}, at});
    return buffers.size() - 1;
}

DraftBuffer& Draft::target(const Option& option, Otherwise otherwise) {
    std::size_t index = 0;
    if (open_) {
        // A repeated sticky buffer of several instances is about another instance.
        if (!open_->index)
            open_->index = find_or_add(open_->view, open_->at,
                                       info(open_->view.buffer).kind == BufferInfo::Kind::instances);
        index = *open_->index;
    } else if (otherwise == Otherwise::last_match && last_buffer_) {
        index = *last_buffer_;
    } else {
        index = find_or_add({}, option.at, false);
    }
    last_buffer_ = index;
    return buffers[index];
}

void Draft::add(const Option& option, Check check, Otherwise otherwise) {
    const bool content = std::holds_alternative<ContentCheck>(check.what);
    const bool base64 = std::holds_alternative<Base64Check>(check.what);
    ContentPlace where{};
    if (base64_) {
        std::vector<DraftCheck>& inside = buffers[base64_->buffer].checks[base64_->check].inside;
        if (base64) {
            complain(option, "cannot stand within base64_data; decode once");
            return;
        }
        inside.push_back({std::move(check), option.at, {}});
        where = {base64_->buffer, base64_->check, inside.size() - 1};
    } else {
        DraftBuffer& buffer = target(option, otherwise);
        buffer.checks.push_back({std::move(check), option.at, {}});
        where = {*last_buffer_, buffer.checks.size() - 1, std::nullopt};
    }
    if (content)
        last_content_ = where;
    if (base64)
        last_base64_ = where;
}

void Draft::add_to(const BufferView& view, const Option& option, Check check, bool match) {
    const std::size_t index = find_or_add(view, option.at, false);
    buffers[index].checks.push_back({std::move(check), option.at, {}});
    if (match)
        last_buffer_ = index;
}

ContentCheck* Draft::last_content(const Option& option) {
    if (!last_content_) {
        complain(option, "there is no content in front of it that it could modify");
        return nullptr;
    }
    DraftCheck& check = buffers[last_content_->buffer].checks[last_content_->check];
    return &std::get<ContentCheck>(
        (last_content_->inside ? check.inside[*last_content_->inside] : check).check.what);
}

void Draft::move_last_content(const Option& option, Buffer buffer) {
    if (sticky()) {
        complain(option, "cannot modify a content under a sticky buffer; write " +
                             in_quotes(info(buffer).name) +
                             " in front of the content, or pkt_data before it");
        return;
    }
    if (last_content(option) == nullptr)
        return;
    const ContentPlace from = *last_content_;
    if (from.inside || buffers[from.buffer].view != BufferView{}) {
        complain(option, "the content in front of it is in " +
                             in_quotes(info(buffers[from.buffer].view.buffer).name) + " already");
        return;
    }
    std::vector<DraftCheck>& checks = buffers[from.buffer].checks;
    DraftCheck moved = std::move(checks[from.check]);
    checks.erase(checks.begin() + static_cast<std::ptrdiff_t>(from.check));
    if (last_base64_ && last_base64_->buffer == from.buffer && last_base64_->check > from.check)
        --last_base64_->check;
    const std::size_t index = find_or_add({buffer, {}, {}}, moved.at, false);
    buffers[index].checks.push_back(std::move(moved));
    last_buffer_ = index;
    last_content_ = ContentPlace{index, buffers[index].checks.size() - 1, std::nullopt};
}

} // namespace nfsieve::suricata
