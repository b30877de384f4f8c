"use client";

import { Component, type ReactNode } from "react";
import { toast } from "./toasts";

type BoundaryProps = { children: ReactNode };

/** Keeps the page when something that lies over it breaks: that is left out, and said. */
export class Boundary extends Component<BoundaryProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch() {
    toast.failed("A part of the console did not load. Reload the page to have it back.");
  }

  override render() {
    return this.state.broken ? null : this.props.children;
  }
}
