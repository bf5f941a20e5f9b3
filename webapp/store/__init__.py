"""Every query and every change of state. One public function is one transaction; none waits for
the network, and none takes or gives a lazy query."""
